import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import { liveCopy, readCopies } from '../../watermarks/clickhouse-watermarks.ts';
import { COPIED_TABLES } from '../../watermarks/copy-markers.ts';
import { walBytes } from '../../watermarks/wal-position.ts';
import type { Upkeep } from './upkeep.ts';

const DUE = `
SELECT tenant_id, attribute_id, step, ${walBytes('position')} AS position FROM atlas.attribute_move
WHERE deletes AND removed_at IS NULL AND position IS NOT NULL AND system_id = (pg_control_system()).system_identifier
  AND clock_timestamp() - completed_at > make_interval(secs => $1)
ORDER BY attribute_id LIMIT 100`;
const REMOVED = `
UPDATE atlas.attribute_move SET removed_at = clock_timestamp() WHERE tenant_id = $1 AND attribute_id = $2 AND step = $3`;
const TABLES: readonly string[] = [...COPIED_TABLES, 'entity_change'];
const RUNNING = `
SELECT 1 FROM system.mutations
WHERE database = currentDatabase() AND table IN {tables:Array(String)} AND NOT is_done LIMIT 1`;
/** The newest version of an entity lies after the position, and lacks the attribute: what has it is replaced. */
const REMOVALS = [
  'ALTER TABLE entity_attribute DELETE WHERE shard = {shard:String} AND copy_id = {copy:UInt64} AND tenant_id = {tenant:UInt32} AND attribute_id = {attribute:UInt32} AND lsn <= {position:UInt64}',
  `ALTER TABLE entity DELETE WHERE shard = {shard:String} AND copy_id = {copy:UInt64} AND tenant_id = {tenant:UInt32} AND lsn <= {position:UInt64}
     AND (JSONHas(attributes, {name:String}) OR JSONHas(attribute_updated_at, {name:String}))`,
  `ALTER TABLE entity_change UPDATE before = arrayFilter((value, id) -> id != {attribute:UInt32}, before, attribute_ids),
     before_at = arrayFilter((value, id) -> id != {attribute:UInt32}, before_at, attribute_ids),
     after = arrayFilter((value, id) -> id != {attribute:UInt32}, after, attribute_ids),
     attribute_ids = arrayFilter(id -> id != {attribute:UInt32}, attribute_ids)
   WHERE shard = {shard:String} AND tenant_id = {tenant:UInt32} AND has(attribute_ids, {attribute:UInt32})`,
];

interface DueRow {
  readonly tenant_id: TenantId;
  readonly attribute_id: number;
  readonly step: number;
  readonly position: string;
}

export interface DeletedAttributeRemovalOptions {
  readonly shard: ShardId;
  readonly primary: PostgresSession;
  readonly clickhouse: ClickHouseDatabase;
  readonly periodMs: number;
  /** As that of ErasureRemoval. */
  readonly graceMs: number;
}

/**
 * Removes from ClickHouse the rows of a deleted attribute, and the replaced versions of entities that have its values, and its values in the history. It begins when
 * the copy that is read has passed the position at which the shard had no value any more.
 */
export class DeletedAttributeRemoval implements Upkeep {
  readonly name = 'removal of deleted attributes';
  readonly periodMs: number;
  readonly #options: DeletedAttributeRemovalOptions;

  constructor(options: DeletedAttributeRemovalOptions) {
    this.periodMs = options.periodMs;
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { primary, clickhouse, shard, graceMs } = this.#options;
    const due = await primary.query<DueRow>({ text: DUE, values: [graceMs / 1000] }, signal);
    if (due.length === 0) return;
    const copy = liveCopy((await readCopies(clickhouse, [shard], signal)).get(shard));
    if (copy === undefined) return;
    for (const { tenant_id: tenant, attribute_id: attribute, step, position } of due) {
      if (copy.lsn < BigInt(position)) continue;
      const running = await clickhouse.query<object>(RUNNING, { tables: TABLES }, signal);
      if (running.length > 0) return;
      const parameters = {
        shard,
        copy: copy.copyId,
        tenant,
        attribute,
        name: String(attribute),
        position: BigInt(position),
      };
      for (const removal of REMOVALS) await clickhouse.command(`${removal} SETTINGS mutations_sync = 2`, parameters);
      await primary.query({ text: REMOVED, values: [tenant, attribute, step] }, signal);
    }
  }
}
