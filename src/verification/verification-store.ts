import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { Pass } from './verify-shard.ts';

/** A pass as it is stored: where a process continues from, and what health is judged by. */
export interface StoredPass extends Pass {
  /** When a difference that was not repaired was found last, in milliseconds since the epoch; 0: none was. */
  readonly foundAt: number;
  /** Milliseconds since the epoch. */
  readonly writtenAt: number;
}

export interface StoredPasses {
  /** The complete pass over the whole shard that began last. */
  readonly completed: StoredPass | null;
  /** The one that `replicate` is making, or was making when it stopped. */
  readonly running: StoredPass | null;
}

interface PassRow {
  readonly shard: ShardId;
  readonly state: keyof StoredPasses;
  readonly copy_id: string;
  readonly started_at: string;
  readonly reached_tenant: string;
  readonly reached_entity: string;
  readonly entities: string;
  readonly attribute_rows: string;
  readonly differences: string;
  readonly repaired: string;
  readonly unsettled: string;
  readonly found_at: string;
  readonly written_at: string;
}

const NONE: StoredPasses = { completed: null, running: null };

/** Shards without a stored pass are left out. */
export async function readPasses(
  clickhouse: ClickHouseDatabase,
  shards: readonly ShardId[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<ShardId, StoredPasses>> {
  const rows = await clickhouse.query<PassRow>(
    'SELECT * FROM verification FINAL WHERE shard IN {shards:Array(String)} SETTINGS max_threads = 1',
    { shards },
    signal,
  );
  const passes = new Map<ShardId, StoredPasses>();
  for (const row of rows) {
    passes.set(row.shard, { ...(passes.get(row.shard) ?? NONE), [row.state]: storedPass(row) });
  }
  return passes;
}

/** A completed pass has no effect if a later one has been completed. */
export function writePass(clickhouse: ClickHouseDatabase, state: keyof StoredPasses, pass: StoredPass): Promise<void> {
  const { totals, reached } = pass;
  const row: PassRow = {
    shard: pass.shard,
    state,
    copy_id: String(pass.copyId),
    started_at: String(Math.floor(pass.startedAt)),
    reached_tenant: String(reached.tenantId),
    reached_entity: String(reached.entityId),
    entities: String(totals.entities),
    attribute_rows: String(totals.values),
    differences: String(totals.differences),
    repaired: String(totals.repaired),
    unsettled: String(totals.unsettled),
    found_at: String(Math.floor(pass.foundAt)),
    written_at: String(Math.floor(pass.writtenAt)),
  };
  return clickhouse.insert('verification', [row]);
}

function storedPass(row: PassRow): StoredPass {
  return {
    shard: row.shard,
    copyId: BigInt(row.copy_id),
    startedAt: Number(row.started_at),
    reached: { tenantId: Number(row.reached_tenant), entityId: BigInt(row.reached_entity) },
    totals: {
      entities: Number(row.entities),
      values: Number(row.attribute_rows),
      differences: Number(row.differences),
      repaired: Number(row.repaired),
      unsettled: Number(row.unsettled),
    },
    foundAt: Number(row.found_at),
    writtenAt: Number(row.written_at),
  };
}
