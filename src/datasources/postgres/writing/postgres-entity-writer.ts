import type { PostgresDatabase } from '../../../connections/postgres/postgres-database.ts';
import { EntityIdGenerator } from '../../../domain/entity-id-generator.ts';
import type { EntityId, ShardId, TenantId } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { ShardMap } from '../../../sharding/shard-map.ts';
import type { EntityLimits, EntityWrite, EntityWriter, WriteOutcome, WriteResult } from '../../entity-writer.ts';
import { ShardEntityWriter } from './shard-entity-writer.ts';
import type { UpsertRow } from './upsert-statement.ts';

interface PendingRow extends UpsertRow {
  /** Its index among all writes. */
  readonly index: number;
}

/** Distributes writes over the primaries of the shards, and writes to all of them concurrently. */
export class PostgresEntityWriter implements EntityWriter {
  readonly #shardMap: ShardMap;
  readonly #shards: ReadonlyMap<ShardId, ShardEntityWriter>;
  readonly #ids: EntityIdGenerator;

  /** @param primaries One for every shard in the map. */
  constructor(shardMap: ShardMap, primaries: readonly PostgresDatabase[], clock: Clock, limits: EntityLimits) {
    this.#shardMap = shardMap;
    this.#shards = new Map(primaries.map((primary) => [primary.shard, new ShardEntityWriter(primary, limits)]));
    this.#ids = new EntityIdGenerator(() => clock.now());
  }

  async upsert(tenantId: TenantId, writes: readonly EntityWrite[]): Promise<WriteResult<readonly WriteOutcome[]>> {
    const outcomes = new Map<number, WriteOutcome>();
    const positions = new Map<ShardId, bigint>();
    let pending = writes.map((write, index) => this.#pendingRow(write, index));
    while (pending.length > 0) {
      const { round, later } = takeRound(pending);
      pending = later;
      await Promise.all(
        Array.from(this.#byShard(round), async ([shard, rows]) => {
          const result = await this.#shard(shard).upsert(tenantId, rows);
          if (result.position !== null) positions.set(shard, result.position);
          rows.forEach((row, place) => {
            const outcome = result.outcomes[place];
            if (outcome === undefined) throw new Error(`A row on ${shard} has no outcome`);
            if (idWasTaken(row, outcome)) pending.push(this.#pendingRow(row.write, row.index));
            else outcomes.set(row.index, outcome);
          });
        }),
      );
    }
    const inOrder = [...outcomes].sort(([a], [b]) => a - b).map(([, outcome]) => outcome);
    return { outcome: inOrder, positions };
  }

  async delete(tenantId: TenantId, id: EntityId, expectedVersion: bigint | null): Promise<WriteResult<boolean>> {
    const name = this.#shardMap.shardOf(id);
    const { existed, position } = await this.#shard(name).delete(tenantId, id, expectedVersion);
    return { outcome: existed, positions: new Map([[name, position]]) };
  }

  /** A row whose id is generated must not meet an existing entity. */
  #pendingRow(write: EntityWrite, index: number): PendingRow {
    if (write.id !== null) return { index, id: write.id, write };
    return { index, id: this.#ids.next(), write: { ...write, expectedVersion: 0n } };
  }

  #byShard(rows: readonly PendingRow[]): Map<ShardId, PendingRow[]> {
    const groups = new Map<ShardId, PendingRow[]>();
    for (const row of rows) {
      const shard = this.#shardMap.shardOf(row.id);
      const group = groups.get(shard);
      if (group === undefined) groups.set(shard, [row]);
      else group.push(row);
    }
    return groups;
  }

  #shard(id: ShardId): ShardEntityWriter {
    const shard = this.#shards.get(id);
    if (shard === undefined) throw new Error(`There is no connection to the primary of shard ${id}`);
    return shard;
  }
}

/** Takes the first row of each id. Rows that repeat an id wait for the next round, so that they are applied in order. */
function takeRound(pending: readonly PendingRow[]): { round: PendingRow[]; later: PendingRow[] } {
  const ids = new Set<EntityId>();
  const round: PendingRow[] = [];
  const later: PendingRow[] = [];
  for (const row of pending) {
    if (ids.has(row.id)) later.push(row);
    else round.push(row);
    ids.add(row.id);
  }
  return { round, later };
}

function idWasTaken({ write }: PendingRow, outcome: WriteOutcome): boolean {
  return write.id === null && outcome.status === 'FAILED' && outcome.error.code === 'VERSION_CONFLICT';
}
