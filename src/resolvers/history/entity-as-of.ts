import { entitiesById } from '../../datasources/questions/entities-by-id.ts';
import { entityPasts } from '../../datasources/questions/entity-pasts.ts';
import type { HistoryStart } from '../../domain/entity-change.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { EntityId, ShardId } from '../../domain/identifiers.ts';
import { pastEntity } from '../../domain/past-entity.ts';
import { combineReads } from '../../freshness/combine-reads.ts';
import { type ConsistencyToken, decodeToken, mergeTokens } from '../../freshness/consistency-token.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import { areOfOneServer, serversChanged } from '../../freshness/one-server.ts';
import type { EntityNode } from '../entity/entity.ts';
import type { RequestContext } from '../request-context.ts';

/** When entities are to be shown. */
export type AskedMoment = { readonly at: Date } | { readonly token: ConsistencyToken };

/** Null: now. @throws AtlasError BAD_USER_INPUT | BAD_FRESHNESS */
export function momentOf(
  { asOf, asOfToken }: { readonly asOf?: Date | null; readonly asOfToken?: string | null },
  { tokenScope }: RequestContext,
): AskedMoment | null {
  if (asOf == null) return asOfToken == null ? null : { token: decodeToken(asOfToken, tokenScope) };
  if (asOfToken == null) return { at: asOf };
  throw new AtlasError('BAD_USER_INPUT', 'asOf and asOfToken exclude each other; set only one of them.');
}

/**
 * The entity as it was. Of a time, the lag that is allowed is at most its age: what was written by then must be there. What a token stands for must be there, too.
 * @throws AtlasError BAD_USER_INPUT for a time in the future, a moment from before the history, or a token that does not concern the entity's shard, and those of the reads.
 */
export async function entityAsOf(
  id: EntityId,
  asked: AskedMoment,
  requirement: FreshnessRequirement,
  context: RequestContext,
): Promise<EntityNode | null> {
  const { tenantId, reads, shards } = context;
  const shard = shards.shardOf(id);
  const needed = requirementFor(asked, shard, requirement, context);
  const moment = 'at' in asked ? asked : { before: positionIn(asked.token, shard) };
  // First what is, then what led to it.
  const current = await reads.ask({ ...entitiesById({ tenantId, ids: [id], shard }), postgres: null }, needed);
  const { data, reads: past } = await reads.ask(entityPasts({ tenantId, ids: [id], shard, moment }), needed);
  if (!areOfOneServer([...current.reads, ...past])) throw serversChanged();
  refuseEarlier(moment, data.start);
  const later = data.later.get(id);
  const hasBegun = (life: Date) => ('at' in moment ? life <= moment.at : later === undefined || life < later);
  const entity = pastEntity(id, current.data[0] ?? null, data.pasts.get(id), hasBegun);
  if (entity === null) return null;
  const freshness = combineReads([...current.reads, ...past]);
  const lacks = 'at' in moment && (freshness.dataTimestamp === null || freshness.dataTimestamp < moment.at);
  return { entity, freshness: lacks ? { ...freshness, stale: true } : freshness, isPast: true };
}

/** @param shard of the entity. */
export function requirementFor(
  asked: AskedMoment,
  shard: ShardId,
  requirement: FreshnessRequirement,
  { clock, replication }: RequestContext,
): FreshnessRequirement {
  if ('token' in asked) return { ...requirement, after: mergeTokens(requirement.after, asked.token) };
  // Times are those of the primary.
  const ageMs = Math.floor(clock.now() + (replication.primaryClockAhead(shard) ?? 0) - asked.at.getTime());
  if (ageMs >= 0) return { ...requirement, maxLagMs: Math.min(requirement.maxLagMs, ageMs) };
  throw new AtlasError('BAD_USER_INPUT', `asOf is ${asked.at.toISOString()}, which is in the future.`, {
    hint: 'Give a moment in the past, or leave asOf out.',
  });
}

function positionIn({ positions }: ConsistencyToken, shard: ShardId): bigint {
  const position = positions.get(shard);
  if (position !== undefined) return position;
  throw new AtlasError('BAD_USER_INPUT', 'asOfToken says nothing about the shard of the entity.', {
    hint: 'Use the token of a read of all shards, such as a page of `entities`, or of a read of the entity.',
  });
}

function refuseEarlier(moment: { readonly at: Date } | { readonly before: bigint }, start: HistoryStart | null): void {
  if (start !== null && ('at' in moment ? moment.at >= start.at : moment.before >= start.lsn)) return;
  const begins = start === null ? 'has not begun' : `begins ${start.at.toISOString()}`;
  const asked = 'at' in moment ? `asOf is ${moment.at.toISOString()}` : 'asOfToken is from an earlier time';
  throw new AtlasError('BAD_USER_INPUT', `${asked}, but the history of the entity's shard ${begins}.`, {
    hint: 'Give a later moment.',
  });
}
