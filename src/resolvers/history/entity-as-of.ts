import { entitiesById } from '../../datasources/questions/entities-by-id.ts';
import { entityPasts } from '../../datasources/questions/entity-pasts.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { EntityId } from '../../domain/identifiers.ts';
import { pastEntity } from '../../domain/past-entity.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { EntityNode } from '../entity/entity.ts';
import type { RequestContext } from '../request-context.ts';

/**
 * The entity as it was. The lag that is allowed is at most the age of the moment: what was written by then must be there.
 * @throws AtlasError BAD_USER_INPUT for a moment in the future, or from before the history, and those of the reads.
 */
export async function entityAsOf(
  id: EntityId,
  at: Date,
  requirement: FreshnessRequirement,
  { tenantId, reads, shards, clock, replication }: RequestContext,
): Promise<EntityNode | null> {
  const shard = shards.shardOf(id);
  // Moments are those of the primary.
  const ageMs = Math.floor(clock.now() + (replication.primaryClockAhead(shard) ?? 0) - at.getTime());
  if (ageMs < 0) {
    throw new AtlasError('BAD_USER_INPUT', `asOf is ${at.toISOString()}, which is in the future.`, {
      hint: 'Give a moment in the past, or leave asOf out.',
    });
  }
  const needed = { ...requirement, maxLagMs: Math.min(requirement.maxLagMs, ageMs) };
  // First what is, then what led to it.
  const current = await reads.ask({ ...entitiesById({ tenantId, ids: [id], shard }), postgres: null }, needed);
  const { data, reads: past } = await reads.ask(entityPasts({ tenantId, ids: [id], shard, moment: { at } }), needed);
  const { start } = data;
  if (start === null || at < start.at) {
    const begins = start === null ? 'has not begun' : `begins ${start.at.toISOString()}`;
    throw new AtlasError(
      'BAD_USER_INPUT',
      `asOf is ${at.toISOString()}, but the history of the entity's shard ${begins}.`,
      {
        hint: 'Give a later moment.',
      },
    );
  }
  const entity = pastEntity(id, current.data[0] ?? null, data.pasts.get(id), (life) => life <= at);
  const freshness = combineReads([...current.reads, ...past]);
  const lacks = freshness.dataTimestamp === null || freshness.dataTimestamp < at;
  return entity && { entity, freshness: lacks ? { ...freshness, stale: true } : freshness, asOf: at };
}
