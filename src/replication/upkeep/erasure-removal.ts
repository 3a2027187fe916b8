import type { ClickHouseDatabase, ClickHouseParameters } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';
import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import type { Logger } from '../../observability/logger.ts';
import { liveCopy, readCopies } from '../../watermarks/clickhouse-watermarks.ts';
import { COPIED_TABLES } from '../../watermarks/copy-markers.ts';
import { walBytes } from '../../watermarks/wal-position.ts';
import type { HistoryArchive } from '../archive/history-archive.ts';
import { Failures } from './failures.ts';
import type { Upkeep } from './upkeep.ts';

/** Their rows with values go first; parts lose their rows one by one, and a large one late: without its tombstone, what is still there would be visible again. */
const VERSIONS_FIRST = ['is_deleted = 0', 'is_deleted = 1'];
/**
 * What goes from each table, one after the other. The tombstone in `entity` goes last: whoever continues after an
 * interruption needs what it hides. How far an erasure reaches is in Postgres before. That an entity was erased stays known to the feed.
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
const REQUESTED_AT = '(extract(epoch FROM requested_at) * 1000)::double precision AS requested_at';
const PENDING = `
SELECT erasure_id, tenant_id, entity_id, ${walBytes('position')} AS position, ${walBytes('pg_current_wal_insert_lsn()')} AS wal_end,
  ${walBytes('removed_to')} AS removed_to, ${REQUESTED_AT}, clock_timestamp() - requested_at > make_interval(secs => $1) AS is_due
FROM atlas.erasure WHERE erasure_id > $2 AND removed_at IS NULL AND completed_at IS NULL AND position IS NOT NULL AND ${OF_THIS_SERVER}
ORDER BY erasure_id LIMIT ${MAX_BATCH}`;
const WATCHED_ERASURES = `
SELECT erasure_id, tenant_id, entity_id, ${walBytes('removed_to')} AS removed_to, ${REQUESTED_AT}
FROM atlas.erasure
WHERE removed_at > clock_timestamp() - interval '${WATCHED}' AND ${OF_THIS_SERVER} AND removed_to < pg_current_wal_insert_lsn()
ORDER BY erasure_id DESC LIMIT ${20 * MAX_BATCH}`;
const BOUNDED = `
UPDATE atlas.erasure e SET removed_to = '0/0'::pg_lsn + r.bound::numeric
FROM unnest($1::bigint[], $2::text[]) r (id, bound) WHERE e.erasure_id = r.id`;
const COUNTED = `
UPDATE atlas.erasure e SET clickhouse_rows = e.clickhouse_rows + r.rows
FROM unnest($1::bigint[], $2::bigint[]) r (id, rows) WHERE e.erasure_id = r.id`;
const REMOVED = `
UPDATE atlas.erasure SET removed_at = clock_timestamp() WHERE erasure_id = ANY ($1::bigint[])`;
const RETURNED =
  'UPDATE atlas.erasure SET removed_at = clock_timestamp(), completed_at = NULL WHERE erasure_id = ANY ($1::bigint[])';
/** Pending again. */
const NOT_REMOVED =
  'UPDATE atlas.erasure SET removed_at = NULL, completed_at = NULL WHERE erasure_id = ANY ($1::bigint[])';
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
  /** How far the erasure reaches; null: its removal has not begun. */
  readonly removed_to: string | null;
  /** Milliseconds since the epoch. */
  readonly requested_at: number;
  readonly wal_end: string;
  readonly is_due: boolean;
}

/** What is to be removed: every row up to `bound`. */
interface Target {
  readonly id: bigint;
  readonly tenantId: TenantId;
  readonly entityId: EntityId | null;
  readonly bound: bigint;
  /** When the erasure was, in milliseconds since the epoch. */
  readonly requestedAt: number;
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
    const failures = new Failures();
    await this.#removePending(failures, signal);
    await this.#removeReturned(failures, signal);
    await this.#complete(signal);
    failures.throwFirst();
  }

  async #removePending(failures: Failures, signal: AbortSignal): Promise<void> {
    const { primary, graceMs } = this.#options;
    for (let last = '0'; ; ) {
      const pending = await primary.query<PendingRow>({ text: PENDING, values: [graceMs / 1000, last] }, signal);
      if (pending.length === 0 && last === '0') this.#committedBefore.clear();
      await this.#removeSome(pending, failures, signal);
      last = pending.at(-1)?.erasure_id ?? last;
      // Those behind do not wait for erasures of which the archive still has something.
      if (pending.length < MAX_BATCH) return;
    }
  }

  async #removeSome(pending: readonly PendingRow[], failures: Failures, signal: AbortSignal): Promise<void> {
    const { primary, clickhouse, shard } = this.#options;
    for (const { erasure_id, wal_end } of pending) {
      if (!this.#committedBefore.has(erasure_id)) this.#committedBefore.set(erasure_id, BigInt(wal_end));
    }
    const reached = liveCopy((await readCopies(clickhouse, [shard], signal)).get(shard))?.lsn ?? 0n;
    const due = pending.filter(
      ({ erasure_id, is_due }) => is_due && reached >= (this.#committedBefore.get(erasure_id) ?? reached + 1n),
    );
    if (due.length === 0) return;
    const targets = await this.#targets(due, signal);
    const ids = idsOf(targets);
    // Before the tombstones go, of which it was read: the archive may fail afterwards.
    await primary.query({ text: BOUNDED, values: [ids, targets.map(({ bound }) => String(bound))] }, signal);
    const rows = await this.#remove(targets, signal);
    if (rows === null) return;
    const counts = targets.map((target) => rows.get(target) ?? 0);
    await primary.query({ text: COUNTED, values: [ids, counts] }, signal);
    // After ClickHouse, so that nothing of it is archived any more. Until the tenant's archive has nothing of it, all this is repeated.
    const gone = await this.#eraseFromArchive(targets, failures, signal);
    await primary.query({ text: REMOVED, values: [idsOf(gone)] }, signal);
  }

  /** Tenant by tenant. @returns those of which the archive has nothing any more. */
  async #eraseFromArchive(
    targets: readonly Target[],
    failures: Failures,
    signal: AbortSignal,
  ): Promise<readonly Target[]> {
    const { archive } = this.#options;
    if (archive === null) return targets;
    const gone: Target[] = [];
    for (const tenantId of new Set(targets.map((target) => target.tenantId))) {
      if (failures.areTooMany) break;
      const ofTenant = targets.filter((target) => target.tenantId === tenantId);
      try {
        await archive.erase(ofTenant, signal);
        gone.push(...ofTenant);
        failures.archiveAnswers();
      } catch (error) {
        signal.throwIfAborted();
        failures.add(error);
      }
    }
    return gone;
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
    return due.map(({ erasure_id, tenant_id, entity_id, position, removed_to, requested_at }) => {
      const before = BigInt(position);
      const own = found.get(`${tenant_id} ${entity_id}`)?.find((lsn) => lsn >= before);
      const bound = removed_to === null ? (own ?? before - 1n) : BigInt(removed_to);
      return { id: BigInt(erasure_id), tenantId: tenant_id, entityId: entity_id, bound, requestedAt: requested_at };
    });
  }

  async #removeReturned(failures: Failures, signal: AbortSignal): Promise<void> {
    const { primary, shard, logger } = this.#options;
    const rows = await primary.query<Omit<PendingRow, 'position'> & { removed_to: string }>(
      { text: WATCHED_ERASURES, values: [] },
      signal,
    );
    for (let from = 0; from < rows.length; from += MAX_BATCH) {
      const targets = rows.slice(from, from + MAX_BATCH).map((row) => ({
        ...{ id: BigInt(row.erasure_id), tenantId: row.tenant_id },
        ...{ entityId: row.entity_id, bound: BigInt(row.removed_to), requestedAt: row.requested_at },
      }));
      const removed = await this.#remove(targets, signal);
      const count = [...(removed?.values() ?? [])].reduce((sum, number) => sum + number, 0);
      if (count === 0) continue;
      logger.warn(
        { shard, rows: count },
        'what was erased came back with a write of an earlier position; it was removed again',
      );
      const returned = targets.filter((target) => (removed?.get(target) ?? 0) > 0);
      const gone = await this.#eraseFromArchive(returned, failures, signal);
      const left = returned.filter((target) => !gone.includes(target));
      await primary.query({ text: RETURNED, values: [idsOf(gone)] }, signal);
      await primary.query({ text: NOT_REMOVED, values: [idsOf(left)] }, signal);
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

const idsOf = (targets: readonly Target[]): string[] => targets.map(({ id }) => String(id));
