import type { EntityRecord } from '../../domain/entity.ts';
import type { AtlasError } from '../../domain/errors.ts';
import { describeRead } from '../../freshness/describe-read.ts';
import type { Positions } from '../../freshness/positions.ts';
import { resolveRequirement } from '../../freshness/resolve-requirement.ts';
import type { UpsertEntityResultResolvers } from '../../generated/resolver-types.ts';
import type { RowOutcome } from '../../writing/upsert-entities.ts';
import type { RequestContext } from '../request-context.ts';
import type { EntityNode } from './entity.ts';

export type UpsertEntityResultNode =
  | {
      readonly status: 'CREATED' | 'UPDATED' | 'UNCHANGED';
      readonly entity: EntityNode;
      /** The row was written, but the consistency token does not cover it. */
      readonly error?: AtlasError;
    }
  | { readonly status: 'FAILED'; readonly error: AtlasError }
  | { readonly status: 'NOT_WRITTEN' };

export const upsertEntityResultResolvers: UpsertEntityResultResolvers = {
  entity: (row) => ('entity' in row ? row.entity : null),
  error: (row) => {
    if (!('error' in row) || row.error === undefined) return null;
    const { code, message, hint } = row.error;
    return { code, message, hint };
  },
};

/** The write that the rows belong to. */
export interface Write {
  /** In milliseconds since the epoch. */
  readonly sentAt: number;
  /** On each shard, where the write is visible. */
  readonly positions: Positions;
}

export function upsertEntityResult(outcome: RowOutcome, write: Write, context: RequestContext): UpsertEntityResultNode {
  if (outcome.status === 'FAILED' || outcome.status === 'NOT_WRITTEN') return outcome;
  const { status, uncovered } = outcome;
  const entity = writtenEntity(outcome.entity, write, context);
  return uncovered === undefined ? { status, entity } : { status, entity, error: uncovered };
}

/** The entity as the write left it. It counts as a read of the primary, without a further statement. */
function writtenEntity(entity: EntityRecord, { sentAt, positions }: Write, context: RequestContext): EntityNode {
  const requirement = resolveRequirement([], { class: 'REALTIME', fallback: 'PRIMARY' }, 0);
  const shard = context.shards.shardOf(entity.id);
  const { health } = context.replication.source(shard, 'PRIMARY');
  const freshness = describeRead(
    requirement,
    {
      source: 'PRIMARY',
      shard,
      lagMs: 0,
      dataTimestamp: sentAt,
      health,
      contains: new Map([[shard, 0n]]),
      shows: new Map([...positions].filter(([written]) => written === shard)),
    },
    null,
  );
  context.collector.add(freshness, 1);
  return { entity, freshness };
}
