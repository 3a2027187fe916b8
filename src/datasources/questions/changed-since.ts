import type { HistoryStart } from '../../domain/entity-change.ts';
import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import type { Positions } from '../../freshness/positions.ts';
import { BoundParameters } from '../clickhouse/bound-parameters.ts';
import { historyStarts, OF_WHOLE_TENANT } from '../clickhouse/change-row.ts';
import type { ClickHouseSelect } from '../clickhouse/clickhouse-form.ts';
import type { Question } from './question.ts';

export interface ChangedSinceQuery {
  readonly tenantId: TenantId;
  /** Null: any. What is erased has no type, and does not count. */
  readonly type: string | null;
  readonly moment: { readonly at: Date } | { readonly before: Positions };
  /** Entities, at most. */
  readonly limit: number;
}

export interface ChangedSince {
  readonly starts: ReadonlyMap<ShardId, HistoryStart>;
  readonly ids: ReadonlyMap<ShardId, readonly EntityId[]>;
}

/** 64-bit integers are digits. */
interface Row {
  readonly shard: ShardId;
  readonly start_lsn: string;
  readonly start_at: string;
  /** 0: the shard has none. */
  readonly entity_id: EntityId;
}

/**
 * The entities that have changed after a moment. It is not restricted to what the watermarks cover: whoever has read entities before finds all of those that
 * have changed.
 */
export function changedSince(input: ChangedSinceQuery): Question<ChangedSince, ChangedSince> {
  return {
    name: 'changedSince',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: null,
    clickhouse: { select: () => select(input), parse: (rows) => parseRows(rows as readonly Row[]) },
    merge: (parts) => ({
      starts: new Map(parts.flatMap(({ starts }) => [...starts])),
      ids: new Map(parts.flatMap(({ ids }) => [...ids])),
    }),
  };
}

function select({ tenantId, type, moment, limit }: ChangedSinceQuery): ClickHouseSelect {
  const parameters = new BoundParameters();
  const tenant = `tenant_id = ${parameters.bind(tenantId, 'UInt32')}`;
  const conditions = [tenant, `NOT ${OF_WHOLE_TENANT}`];
  if (type !== null) conditions.push(`type = ${parameters.bind(type, 'String')}`);
  if ('at' in moment) conditions.push(`at > ${parameters.bind(moment.at.getTime(), 'Int64')}`);
  else {
    const beyond = Array.from(
      moment.before,
      ([shard, lsn]) => `shard = ${parameters.bind(shard, 'String')} AND lsn >= ${parameters.bind(lsn, 'UInt64')}`,
    );
    conditions.push(beyond.length === 0 ? 'false' : `(${beyond.join(' OR ')})`);
  }
  const most = parameters.bind(BigInt(limit), 'UInt64');
  return {
    text: `SELECT starts.shard AS shard, starts.lsn AS start_lsn, starts.at AS start_at, changed.entity_id AS entity_id
FROM ${historyStarts(tenant)} AS starts
LEFT JOIN (
  SELECT DISTINCT shard AS change_shard, entity_id FROM entity_change WHERE ${conditions.join(' AND ')} LIMIT ${most}
) AS changed ON changed.change_shard = starts.shard`,
    parameters: parameters.values,
  };
}

function parseRows(rows: readonly Row[]): ChangedSince {
  const starts = new Map<ShardId, HistoryStart>();
  const ids = new Map<ShardId, EntityId[]>();
  for (const { shard, start_lsn, start_at, entity_id } of rows) {
    if (!starts.has(shard)) starts.set(shard, { lsn: BigInt(start_lsn), at: new Date(Number(start_at)) });
    if (entity_id === '0') continue;
    const known = ids.get(shard);
    if (known === undefined) ids.set(shard, [entity_id]);
    else known.push(entity_id);
  }
  return { starts, ids };
}
