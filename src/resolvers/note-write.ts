import type { EntityRecord } from '../domain/entity.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { encodeToken, mergeTokens } from '../freshness/consistency-token.ts';
import { describeRead } from '../freshness/describe-read.ts';
import { resolveRequirement } from '../freshness/resolve-requirement.ts';
import type { EntityNode } from './entity-node.ts';
import type { RequestContext } from './request-context.ts';

/** Remembers what was written, so that later reads of this request and the response know. Returns its token. */
export function noteWrite(positions: ReadonlyMap<ShardId, bigint>, context: RequestContext): string {
  const token = { cluster: context.tokenScope.cluster, positions };
  context.written = mergeTokens(context.written, token);
  context.entities.forget();
  return encodeToken(token);
}

/**
 * The entity as a write left it: a read of the primary that cost nothing.
 * @param startedAt before the write was sent, in milliseconds.
 */
export function writtenEntity(entity: EntityRecord, startedAt: number, context: RequestContext): EntityNode {
  const requirement = resolveRequirement([], { class: 'REALTIME', fallback: 'PRIMARY' }, 0);
  const shard = context.shards.shardOf(entity.id);
  const { health } = context.replication.source(shard, 'PRIMARY');
  const freshness = describeRead(
    requirement,
    { source: 'PRIMARY', shard, lagMs: 0, dataTimestamp: startedAt, health, contains: new Map([[shard, 0n]]) },
    null,
  );
  context.collector.add(freshness, 1);
  return { entity, freshness };
}
