import type { AttributeValue } from '../../domain/catalog/attribute.ts';
import type { ChangeOperation, EntityChangeRecord, HistoryStart } from '../../domain/entity-change.ts';
import type { EntityId, ShardId } from '../../domain/identifiers.ts';
import type { BoundParameters } from './bound-parameters.ts';
import type { ReadCopies } from './read-copies.ts';

/** Columns of ClickHouse's table `entity_change`, and whether the entity has been erased since. */
const COLUMNS = [
  ...['entity_id', 'type', 'created_at', 'version', 'operation', 'at', 'previous_at', 'subject', 'lsn'],
  ...['attribute_ids', 'before', 'after', 'is_erased'],
];

/** The row that says that a whole tenant was erased from a shard is of no entity. */
export const OF_WHOLE_TENANT = 'entity_id = 0';

/** As the client returns it: 64-bit integers are digits. */
interface Row {
  readonly shard: ShardId;
  readonly start_lsn: string;
  readonly start_at: string;
  /** 0: the shard has no row. */
  readonly entity_id: EntityId;
  readonly type: string;
  readonly created_at: string;
  readonly version: string;
  readonly operation: ChangeOperation;
  readonly at: string;
  readonly previous_at: string;
  readonly subject: string | null;
  readonly lsn: string;
  readonly attribute_ids: readonly number[];
  /** JSON. */
  readonly before: readonly (string | null)[];
  readonly after: readonly (string | null)[];
  readonly is_erased: 0 | 1;
}

/** A change that was read. */
export interface ReadChange {
  readonly record: EntityChangeRecord;
  /** The entity has been erased since: the change is not shown to anybody. */
  readonly isErased: boolean;
}

/** What ClickHouse has of the history. */
export interface ReadChanges {
  readonly starts: ReadonlyMap<ShardId, HistoryStart>;
  /** In the order of the statement. */
  readonly changes: readonly ReadChange[];
}

/**
 * SQL for where the history of each shard begins, for one tenant.
 * @param tenant the condition of the tenant.
 * @param shards a condition, or `true`.
 */
export function historyStarts(tenant: string, shards = 'true'): string {
  return `(
  SELECT whole.shard AS shard, greatest(whole.lsn, own.lsn) AS lsn, greatest(whole.at, own.at) AS at
  FROM (SELECT shard, lsn, at FROM history_start FINAL WHERE ${shards}) AS whole
  LEFT ANY JOIN (SELECT shard, lsn, at FROM tenant_history_start FINAL WHERE ${tenant}) AS own ON own.shard = whole.shard
)`;
}

/**
 * SQL for changes, with where the history of their shards begins: a shard without any of them has one row. Those of entities that have been erased since are marked,
 * and count for the limit.
 * @param tenant the condition of the tenant.
 * @param changes the conditions that choose rows of the table `entity_change`.
 * @param limit ORDER BY and LIMIT of these rows; empty for all of them.
 * @param order of the result.
 */
export function changesWithStarts(tenant: string, changes: string, limit: string, order: string): string {
  const found = `SELECT *, shard AS change_shard FROM entity_change AS c FINAL WHERE ${changes} ${limit}`;
  return `WITH found AS (${found}), erasures AS (
  SELECT entity_id, max(lsn) AS erased_to FROM entity_change
  WHERE ${tenant} AND operation = 'ERASED' AND entity_id IN (SELECT entity_id FROM found) GROUP BY entity_id
), tenant_erasures AS (
  SELECT shard AS erased_shard, max(lsn) AS all_erased_to FROM entity_change WHERE ${tenant} AND ${OF_WHOLE_TENANT} GROUP BY shard
), changes AS (
  SELECT own.*, operation != 'ERASED' AND lsn <= greatest(erased_to, all_erased_to) AS is_erased
  FROM (SELECT found.*, erased_to FROM found LEFT ANY JOIN erasures USING entity_id) AS own
  LEFT ANY JOIN tenant_erasures ON erased_shard = change_shard
)
SELECT starts.shard AS shard, starts.lsn AS start_lsn, starts.at AS start_at, ${COLUMNS.map((name) => `changes.${name} AS ${name}`).join(', ')}
FROM ${historyStarts(tenant)} AS starts
LEFT JOIN changes ON changes.change_shard = starts.shard
ORDER BY ${order}`;
}

export function readChanges(rows: readonly object[]): ReadChanges {
  const starts = new Map<ShardId, HistoryStart>();
  const changes: ReadChange[] = [];
  for (const row of rows as readonly Row[]) {
    if (!starts.has(row.shard)) {
      starts.set(row.shard, { lsn: BigInt(row.start_lsn), at: new Date(Number(row.start_at)) });
    }
    if (row.entity_id !== '0') changes.push({ record: recordOf(row), isErased: row.is_erased === 1 });
  }
  return { starts, changes };
}

function recordOf(row: Row): EntityChangeRecord {
  const isErasure = row.operation === 'ERASED';
  return {
    entityId: row.entity_id,
    type: isErasure ? null : row.type,
    createdAt: new Date(Number(row.created_at)),
    version: isErasure ? null : BigInt(row.version),
    operation: row.operation,
    at: new Date(Number(row.at)),
    previousAt: row.previous_at === '0' ? null : new Date(Number(row.previous_at)),
    subject: row.subject,
    shard: row.shard,
    lsn: BigInt(row.lsn),
    values: row.attribute_ids.map((attributeId, place) => ({
      attributeId,
      before: parsedValue(row.before[place]),
      after: parsedValue(row.after[place]),
    })),
  };
}

function parsedValue(json: string | null | undefined): AttributeValue | undefined {
  return json == null ? undefined : (JSON.parse(json) as AttributeValue);
}

/** Only what the watermarks cover, so that a transaction is shown whole or not at all. */
export function isCovered(copies: ReadCopies, parameters: BoundParameters): string {
  const covered = Array.from(copies, ([shard, { lsn }]) => {
    return `shard = ${parameters.bind(shard, 'String')} AND lsn < ${parameters.bind(lsn, 'UInt64')}`;
  });
  return covered.length === 0 ? 'false' : `(${covered.join(' OR ')})`;
}
