import type { ClickHouseDatabase, ClickHouseParameters } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';
import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import type { Logger } from '../../observability/logger.ts';
import { liveCopy, readCopies } from '../../watermarks/clickhouse-watermarks.ts';
import { COPIED_TABLES } from '../../watermarks/copy-markers.ts';
import { walBytes } from '../../watermarks/wal-position.ts';
import type { HistoryArchive } from '../archive/history-archive.ts';
import type { Upkeep } from './upkeep.ts';

/** Their rows with values go first; parts lose their rows one by one, and a large one late: without its tombstone, what is still there would be visible again. */
const VERSIONS_FIRST = ['is_deleted = 0', 'is_deleted = 1'];
/**
 * What goes from each table, one after the other. The tombstone in `entity`, which says how far an erasure reaches, goes last: whoever continues after an
 * interruption needs it. That an entity was erased stays known to the feed.
 */
const REMOVED_FROM: readonly (readonly [table: string, rows: readonly string[]])[] = [
  ['entity_change', ["operation != 'ERASED'"]],
  ...COPIED_TABLES.toReversed().map((table) => [table, VERSIONS_FIRST] as const),
];
const TABLES = REMOVED_FROM.map(([table]) => table);

/** Erasures in one statement; the others follow. */
const MAX_BATCH = 500;
/** The clocks of Postgres and ClickHouse differ by less. */
const CLOCKS_DIFFER_MS = 60_000;
/** For so long after an erasure it is checked that nothing of it came back. */
const WATCHED = '30 days';

const OF_THIS_SERVER = 'system_id = (pg_control_system()).system_identifier';
const PENDING = `
SELECT erasure_id, tenant_id, entity_id, ${walBytes('position')} AS position, ${walBytes('pg_current_wal_insert_lsn()')} AS wal_end,
  clock_timestamp() - requested_at > make_interval(secs => $1) AS is_due
FROM atlas.erasure WHERE removed_at IS NULL AND completed_at IS NULL AND position IS NOT NULL AND ${OF_THIS_SERVER}
ORDER BY erasure_id LIMIT ${MAX_BATCH}`;
const WATCHED_ERASURES = `
SELECT erasure_id, tenant_id, entity_id, ${walBytes('removed_to')} AS removed_to
FROM atlas.erasure
WHERE removed_at > clock_timestamp() - interval '${WATCHED}' AND ${OF_THIS_SERVER} AND removed_to < pg_current_wal_insert_lsn()
ORDER BY erasure_id DESC LIMIT ${20 * MAX_BATCH}`;
const COUNTED = `
UPDATE atlas.erasure e SET clickhouse_rows = e.clickhouse_rows + r.rows
FROM unnest($1::bigint[], $2::bigint[]) r (id, rows) WHERE e.erasure_id = r.id`;
const REMOVED = `
UPDATE atlas.erasure e SET removed_at = clock_timestamp(), removed_to = '0/0'::pg_lsn + r.bound::numeric
FROM unnest($1::bigint[], $2::text[]) r (id, bound) WHERE e.erasure_id = r.id`;
const GOING = `
SELECT (extract(epoch FROM max(removed_at)) * 1000)::double precision AS last FROM atlas.erasure
WHERE removed_at IS NOT NULL AND completed_at IS NULL AND ${OF_THIS_SERVER}`;
const COMPLETED = `
UPDATE atlas.erasure SET completed_at = clock_timestamp()
WHERE removed_at <= to_timestamp($1::double precision / 1000) AND completed_at IS NULL AND ${OF_THIS_SERVER}`;

interface PendingRow {
  readonly erasure_id: string;
  readonly tenant_id: TenantId;
  readonly entity_id: EntityId | null;
  readonly position: string;
  readonly wal_end: string;
  readonly is_due: boolean;
}

/** What is to be removed: every row up to `bound`. */
interface Target {
  readonly id: bigint;
  readonly tenantId: TenantId;
  readonly entityId: EntityId | null;
  readonly bound: bigint;
}

export interface ErasureRemovalOptions {
  readonly shard: ShardId;
  readonly primary: PostgresSession;
  readonly clickhouse: ClickHouseDatabase;
  /** What has left ClickHouse; null: it is kept nowhere. */
  readonly archive: Pick<HistoryArchive, 'erase'> | null;
  readonly periodMs: number;
  /** How long after the erasure its tombstones stay: longer than a write of an earlier position may still arrive. */
  readonly graceMs: number;
  readonly logger: Logger;
}

/**
 * Removes from ClickHouse what was erased from the shard: every version and every tombstone, in all copies; and then what the archive of the history has of it.
 *
 * The order makes that safe. The removal begins when the position of the copy has passed the erasure, so that the stream, which continues from
 * there, delivers nothing of it again. Until `graceMs` are over, the tombstone hides what a process of an earlier time still
 * writes. What such a process writes even later, because it was suspended, is found and removed again. Tombstones go when no version is left.
 * Rows after the erasure are those of another entity with the same id, and stay.
 */
export class ErasureRemoval implements Upkeep {
  readonly name = 'removal of what was erased';
  readonly periodMs: number;
  readonly #options: ErasureRemovalOptions;
  /** By id, a position after the commit of the erasure. */
  readonly #committedBefore = new Map<string, bigint>();

  constructor(options: ErasureRemovalOptions) {
    this.periodMs = options.periodMs;
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#removePending(signal);
    await this.#removeReturned(signal);
    await this.#complete(signal);
  }

  async #removePending(signal: AbortSignal): Promise<void> {
    const { primary, clickhouse, shard, archive, graceMs } = this.#options;
    const pending = await primary.query<PendingRow>({ text: PENDING, values: [graceMs / 1000] }, signal);
    for (const { erasure_id, wal_end } of pending) {
      if (!this.#committedBefore.has(erasure_id)) this.#committedBefore.set(erasure_id, BigInt(wal_end));
    }
    if (pending.length === 0) this.#committedBefore.clear();
    const reached = liveCopy((await readCopies(clickhouse, [shard], signal)).get(shard))?.lsn ?? 0n;
    const due = pending.filter(
      ({ erasure_id, is_due }) => is_due && reached >= (this.#committedBefore.get(erasure_id) ?? reached + 1n),
    );
    if (due.length === 0) return;
    const targets = await this.#targets(due, signal);
    const rows = await this.#remove(targets, signal);
    if (rows === null) return;
    const ids = targets.map(({ id }) => String(id));
    const counts = targets.map((target) => rows.get(target) ?? 0);
    await primary.query({ text: COUNTED, values: [ids, counts] }, signal);
    // After ClickHouse, so that nothing of it is archived any more. Until the archive has nothing of it, all this is repeated.
    await archive?.erase(targets, signal);
    const bounds = targets.map(({ bound }) => String(bound));
    await primary.query({ text: REMOVED, values: [ids, bounds] }, signal);
  }

  /** The transaction that erased an entity left the first tombstone after its position. */
  async #targets(due: readonly PendingRow[], signal: AbortSignal): Promise<readonly Target[]> {
    const { clickhouse, shard } = this.#options;
    const entities = due.filter(({ entity_id }) => entity_id !== null);
    const tombstones = await clickhouse.query<{ tenant_id: number; entity_id: string; positions: string[] }>(
      `SELECT tenant_id, entity_id, arraySort(groupUniqArray(lsn)) AS positions FROM entity
       WHERE shard = {shard:String} AND is_deleted = 1 AND (tenant_id, entity_id) IN arrayZip({tenants:Array(UInt32)}, {entities:Array(UInt64)})
       GROUP BY tenant_id, entity_id`,
      {
        shard,
        tenants: entities.map(({ tenant_id }) => tenant_id),
        entities: entities.map(({ entity_id }) => BigInt(entity_id ?? 0)),
      },
      signal,
    );
    const found = new Map(tombstones.map((row) => [`${row.tenant_id} ${row.entity_id}`, row.positions.map(BigInt)]));
    return due.map(({ erasure_id, tenant_id, entity_id, position }) => {
      const before = BigInt(position);
      const own = found.get(`${tenant_id} ${entity_id}`)?.find((lsn) => lsn >= before);
      return { id: BigInt(erasure_id), tenantId: tenant_id, entityId: entity_id, bound: own ?? before - 1n };
    });
  }

  async #removeReturned(signal: AbortSignal): Promise<void> {
    const { primary, shard, logger } = this.#options;
    const rows = await primary.query<Omit<PendingRow, 'position'> & { removed_to: string }>(
      { text: WATCHED_ERASURES, values: [] },
      signal,
    );
    for (let from = 0; from < rows.length; from += MAX_BATCH) {
      const targets = rows.slice(from, from + MAX_BATCH).map((row) => ({
        ...{ id: BigInt(row.erasure_id), tenantId: row.tenant_id },
        ...{ entityId: row.entity_id, bound: BigInt(row.removed_to) },
      }));
      const removed = await this.#remove(targets, signal);
      const count = [...(removed?.values() ?? [])].reduce((sum, number) => sum + number, 0);
      if (count === 0) continue;
      logger.warn(
        { shard, rows: count },
        'what was erased came back with a write of an earlier position; it was removed again',
      );
      const returned = targets.filter((target) => (removed?.get(target) ?? 0) > 0);
      const again = returned.map(({ id }) => String(id));
      await this.#options.archive?.erase(returned, signal);
      await primary.query(
        {
          text: 'UPDATE atlas.erasure SET removed_at = clock_timestamp(), completed_at = NULL WHERE erasure_id = ANY ($1::bigint[])',
          values: [again],
        },
        signal,
      );
    }
  }

  /** @returns how many rows were removed, by target; null: an earlier removal is still running. */
  async #remove(targets: readonly Target[], signal: AbortSignal): Promise<ReadonlyMap<Target, number> | null> {
    const { clickhouse } = this.#options;
    const removed = new Map<Target, number>();
    const running = await clickhouse.query<object>(
      'SELECT 1 FROM system.mutations WHERE database = currentDatabase() AND table IN {tables:Array(String)} AND NOT is_done LIMIT 1',
      { tables: TABLES },
      signal,
    );
    if (running.length > 0) return null;
    const entities = targets.filter(({ entityId }) => entityId !== null);
    const tenants = targets.filter(({ entityId }) => entityId === null);
    for (const [table, rows] of REMOVED_FROM) {
      for (const some of [entities, tenants]) {
        if (some.length === 0) continue;
        const { condition, parameters } = this.#condition(some);
        const place =
          '(arrayFirstIndex((t, e, b) -> t = tenant_id AND (e = 0 OR e = entity_id) AND lsn <= b, {tenants:Array(UInt32)}, {entities:Array(UInt64)}, {bounds:Array(UInt64)}))';
        const counts = await clickhouse.query<{ place: number; rows: string }>(
          `SELECT ${place} AS place, count() AS rows FROM ${table} WHERE ${condition} AND (${rows.join(' OR ')}) GROUP BY place`,
          parameters,
          signal,
        );
        if (counts.length === 0) continue;
        // Each statement is also for servers of a cluster that have rows which this one has not.
        for (const some of rows) {
          await clickhouse.command(
            `ALTER TABLE ${table} DELETE WHERE ${condition} AND ${some} SETTINGS mutations_sync = 2`,
            parameters,
          );
        }
        for (const { place, rows: found } of counts) {
          const target = some[place - 1];
          if (target !== undefined) removed.set(target, (removed.get(target) ?? 0) + Number(found));
        }
      }
    }
    return removed;
  }

  /** @param targets entities only, or tenants only, for which the array of entities holds zeros. */
  #condition(targets: readonly Target[]): { condition: string; parameters: ClickHouseParameters } {
    const ofEntities = targets[0]?.entityId !== null;
    const keys = ofEntities
      ? '(tenant_id, entity_id) IN arrayZip({tenants:Array(UInt32)}, {entities:Array(UInt64)})'
      : 'tenant_id IN {tenants:Array(UInt32)}';
    return {
      condition: `shard = {shard:String} AND ${keys} AND arrayExists((t, e, b) -> t = tenant_id AND (e = 0 OR e = entity_id) AND lsn <= b,
  {tenants:Array(UInt32)}, {entities:Array(UInt64)}, {bounds:Array(UInt64)})`,
      parameters: {
        shard: this.#options.shard,
        tenants: targets.map(({ tenantId }) => tenantId),
        entities: targets.map(({ entityId }) => BigInt(entityId ?? 0)),
        bounds: targets.map(({ bound }) => bound),
      },
    };
  }

  /** ClickHouse keeps the files of a part for minutes after it was replaced by one without the rows. */
  async #complete(signal: AbortSignal): Promise<void> {
    const { primary, clickhouse } = this.#options;
    const [going] = await primary.query<{ last: number | null }>({ text: GOING, values: [] }, signal);
    const last = going?.last ?? null;
    if (last === null) return;
    const replaced = await clickhouse.query<object>(
      `SELECT 1 FROM system.parts WHERE database = currentDatabase() AND table IN {tables:Array(String)} AND NOT active
       AND remove_time <= toDateTime({until:UInt32}) LIMIT 1`,
      { tables: TABLES, until: Math.ceil((last + CLOCKS_DIFFER_MS) / 1000) },
      signal,
    );
    if (replaced.length === 0) await primary.query({ text: COMPLETED, values: [last] }, signal);
  }
}
