import type { ClickHouseDatabase, ClickHouseParameters } from '../../connections/clickhouse/clickhouse-database.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import type { Clock } from '../../lib/clock.ts';
import { liveCopy, readCopies } from '../../watermarks/clickhouse-watermarks.ts';
import type { HistoryArchive } from '../archive/history-archive.ts';
import { Failures } from './failures.ts';
import type { Upkeep } from './upkeep.ts';

const DAY_MS = 86_400_000;

/** The months are the partitions. */
const MONTHS = `
SELECT DISTINCT toUInt32(partition) AS month FROM system.parts
WHERE database = currentDatabase() AND table = 'entity_change' AND active ORDER BY month`;
const REMOVING = `
SELECT mutation_id AS id, latest_fail_reason AS fault FROM system.mutations
WHERE database = currentDatabase() AND table = 'entity_change' AND NOT is_done ORDER BY fault = '', create_time LIMIT 1`;
const OF_MONTH = "toYYYYMM(fromUnixTimestamp64Milli(at, 'UTC')) = {month:UInt32}";
const OTHER_SHARDS = `SELECT 1 FROM entity_change WHERE ${OF_MONTH} AND shard != {shard:String} LIMIT 1`;
/** Only what has been seen: of what a process writes meanwhile, nothing goes unseen. */
const OF_SHARD = `${OF_MONTH} AND shard = {shard:String} AND lsn < {to:UInt64}`;

/** For each tenant, the history of a shard begins after what goes. */
const beginAfter = (gone: string): string => `
INSERT INTO tenant_history_start (tenant_id, shard, lsn, at)
SELECT gone.tenant_id, gone.shard, greatest(last_lsn + 1, start.lsn), greatest(last_at, start.at)
FROM (SELECT tenant_id, shard, max(lsn) AS last_lsn, max(at) AS last_at FROM entity_change WHERE ${gone} GROUP BY tenant_id, shard) AS gone
LEFT ANY JOIN (SELECT tenant_id, shard, lsn, at FROM tenant_history_start FINAL) AS start ON start.tenant_id = gone.tenant_id AND start.shard = gone.shard`;

/** How long changes are kept at least. */
export interface HistoryRetentionDays {
  readonly days: number;
  /** Tenants with another number of days. */
  readonly byTenant: ReadonlyMap<TenantId, number>;
}

export interface HistoryRetentionOptions extends HistoryRetentionDays {
  readonly shard: ShardId;
  readonly clickhouse: ClickHouseDatabase;
  /** Where changes are before they are removed; null: nowhere. */
  readonly archive: Pick<HistoryArchive, 'keep'> | null;
  readonly periodMs: number;
  readonly clock: Clock;
}

/**
 * Removes the changes of months of which every one is older than the tenant's retention. First they are archived, and it is said that the tenant's history
 * begins later. The partition is dropped when no tenant keeps the month, nothing is archived, and no other shard has rows
 * in it, whose process may archive them: what of it comes afterwards is not kept either. What fails of one tenant and month holds up no other.
 */
export class HistoryRetention implements Upkeep {
  readonly name = 'retention of the history';
  readonly periodMs: number;
  readonly #options: HistoryRetentionOptions;

  constructor(options: HistoryRetentionOptions) {
    this.periodMs = options.periodMs;
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clickhouse, archive, days, byTenant } = this.#options;
    const all = [days, ...byTenant.values()];
    const failures = new Failures();
    for (const { month } of await clickhouse.query<{ month: number }>(MONTHS, {}, signal)) {
      if (month >= this.#firstKept(Math.min(...all)) || failures.areTooMany) continue;
      try {
        const mayDrop = archive === null && month < this.#firstKept(Math.max(...all));
        if (mayDrop && !(await this.#hasOtherShards(month, signal))) await this.#drop(month);
        else await this.#removeDue(month, failures, signal);
      } catch (error) {
        signal.throwIfAborted();
        failures.add(error);
      }
    }
    failures.throwFirst();
  }

  async #hasOtherShards(month: number, signal: AbortSignal): Promise<boolean> {
    const { clickhouse, shard } = this.#options;
    return (await clickhouse.query<object>(OTHER_SHARDS, { month, shard }, signal)).length > 0;
  }

  async #drop(month: number): Promise<void> {
    const { clickhouse } = this.#options;
    await clickhouse.command(beginAfter(OF_MONTH), { month });
    await clickhouse.command(
      'ALTER TABLE entity_change DROP PARTITION {month:UInt32} SETTINGS max_partition_size_to_drop = 0',
      { month },
    );
  }

  /** Of this shard, for the tenants that do not keep the month. */
  async #removeDue(month: number, failures: Failures, signal: AbortSignal): Promise<void> {
    const { clickhouse, shard, archive } = this.#options;
    const to = liveCopy((await readCopies(clickhouse, [shard], signal)).get(shard))?.lsn;
    if (to === undefined) return;
    await clickhouse.catchUp(['entity_change'], signal);
    if (await this.#isRemoving(signal)) return;
    const parameters = { month, shard, to };
    const text = `SELECT DISTINCT tenant_id FROM entity_change WHERE ${OF_SHARD} ORDER BY tenant_id`;
    const found = await clickhouse.query<{ tenant_id: TenantId }>(text, parameters, signal);
    const due = found.map((row) => row.tenant_id).filter((tenant) => month < this.#firstKept(this.#daysOf(tenant)));
    const archived: TenantId[] = [];
    for (const tenant of due) {
      try {
        await archive?.keep(tenant, month, to, signal);
        archived.push(tenant);
        failures.archiveAnswers();
      } catch (error) {
        signal.throwIfAborted();
        failures.add(error);
        if (failures.areTooMany) break;
      }
    }
    if (archived.length > 0) await this.#remove({ ...parameters, tenants: archived }, signal);
  }

  /** @throws Error if it cannot go on: the rows are still there. */
  async #isRemoving(signal: AbortSignal): Promise<boolean> {
    const [running] = await this.#options.clickhouse.query<{ id: string; fault: string }>(REMOVING, {}, signal);
    if (running === undefined || running.fault === '') return running !== undefined;
    throw new Error(
      `ClickHouse cannot finish the mutation ${running.id} of entity_change, so nothing is removed from the history: ${running.fault}`,
    );
  }

  async #remove(parameters: ClickHouseParameters, signal: AbortSignal): Promise<void> {
    const { clickhouse } = this.#options;
    const gone = `${OF_SHARD} AND tenant_id IN {tenants:Array(UInt32)}`;
    const removal = `ALTER TABLE entity_change DELETE IN PARTITION {month:UInt32} WHERE ${gone} SETTINGS mutations_sync = 2`;
    await clickhouse.command(beginAfter(gone), parameters);
    await clickhouse.command(removal, parameters);
    await this.#isRemoving(signal);
  }

  #daysOf(tenant: TenantId): number {
    return this.#options.byTenant.get(tenant) ?? this.#options.days;
  }

  /** The oldest month that is kept for so many days. */
  #firstKept(days: number): number {
    const oldest = new Date(this.#options.clock.now() - days * DAY_MS);
    return 100 * oldest.getUTCFullYear() + oldest.getUTCMonth() + 1;
  }
}
