import { DatabaseError } from '../../../connections/database-error.ts';
import type { PostgresDatabase } from '../../../connections/postgres/postgres-database.ts';
import type { Author } from '../../../domain/caller.ts';
import { EntityIdGenerator } from '../../../domain/entity-id-generator.ts';
import { AtlasError } from '../../../domain/errors.ts';
import type { EntityId, ShardId } from '../../../domain/identifiers.ts';
import type { Positions } from '../../../freshness/positions.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { ShardMap } from '../../../sharding/shard-map.ts';
import type { EntityLimits, EntityWrite, EntityWriter, WriteOutcome, WriteResult } from '../../entity-writer.ts';
import { type CurrentDefinitions, ShardEntityWriter } from './shard-entity-writer.ts';
import type { UpsertRow } from './upsert-statement.ts';

interface PendingRow extends UpsertRow {
  /** Its index among all writes. */
  readonly index: number;
}

interface ShardOutcome {
  readonly shard: ShardId;
  readonly outcome: WriteOutcome;
}

type DatabaseFailure = AtlasError | DatabaseError;

interface ReadPositions {
  readonly positions: Positions;
  /** Why the positions of the other shards could not be read. */
  readonly failures: ReadonlyMap<ShardId, DatabaseFailure>;
}

/** Distributes writes over the primaries of the shards, and writes to all of them concurrently. */
export class PostgresEntityWriter implements EntityWriter {
  readonly #shardMap: ShardMap;
  readonly #shards: ReadonlyMap<ShardId, ShardEntityWriter>;
  readonly #ids: EntityIdGenerator;

  /** @param primaries One for every shard in the map. */
  constructor(
    shardMap: ShardMap,
    primaries: readonly PostgresDatabase[],
    clock: Clock,
    limits: EntityLimits,
    definitions: CurrentDefinitions,
  ) {
    this.#shardMap = shardMap;
    this.#shards = new Map(
      primaries.map((primary) => [primary.shard, new ShardEntityWriter(primary, limits, definitions)]),
    );
    this.#ids = new EntityIdGenerator(() => clock.now());
  }

  async upsert(
    author: Author,
    writes: readonly EntityWrite[],
    signal?: AbortSignal,
  ): Promise<WriteResult<readonly WriteOutcome[]>> {
    const results = new Map<number, ShardOutcome>();
    let pending = writes.map((write, index) => this.#pendingRow(write, index));
    while (pending.length > 0) {
      const { round, later } = takeRound(pending);
      pending = later;
      await Promise.all(
        Array.from(
          this.#shardMap.group(round, ({ id }) => id),
          async ([shard, rows]) => {
            const outcomes = await this.#shard(shard).upsert(author, rows, signal);
            rows.forEach((row, place) => {
              const outcome = outcomes[place];
              if (outcome === undefined) throw new Error(`A row on ${shard} has no outcome`);
              if (idWasTaken(row, outcome)) pending.push(this.#pendingRow(row.write, row.index));
              else results.set(row.index, { shard, outcome });
            });
          },
        ),
      );
    }
    const inOrder = [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
    const written = inOrder.filter(({ outcome }) => outcome.status !== 'FAILED').map(({ shard }) => shard);
    const { positions, failures } = await this.#positions(new Set(written), signal);
    return { outcome: inOrder.map(({ shard, outcome }) => withFailure(outcome, failures.get(shard))), positions };
  }

  async delete(
    author: Author,
    id: EntityId,
    expectedVersion: bigint | null,
    signal?: AbortSignal,
  ): Promise<WriteResult<boolean>> {
    const shard = this.#shardMap.shardOf(id);
    const existed = await this.#shard(shard).delete(author, id, expectedVersion, signal);
    const { positions, failures } = await this.#positions(new Set([shard]), signal);
    const failure = failures.get(shard);
    if (failure !== undefined) throw existed ? uncovered(`Entity ${id} was deleted`, failure) : failure;
    return { outcome: existed, positions };
  }

  /** Read after all writes, so that a position covers everything that was written on its shard. */
  async #positions(shards: ReadonlySet<ShardId>, signal: AbortSignal | undefined): Promise<ReadPositions> {
    const positions = new Map<ShardId, bigint>();
    const failures = new Map<ShardId, DatabaseFailure>();
    await Promise.all(
      Array.from(shards, async (shard) => {
        try {
          positions.set(shard, await this.#shard(shard).position(signal));
        } catch (error) {
          if (!(error instanceof AtlasError || error instanceof DatabaseError)) throw error;
          failures.set(shard, error);
        }
      }),
    );
    return { positions, failures };
  }

  /** A row whose id is generated must not meet an existing entity. */
  #pendingRow(write: EntityWrite, index: number): PendingRow {
    if (write.id !== null) return { index, id: write.id, write };
    return { index, id: this.#ids.next(), write: { ...write, expectedVersion: 0n } };
  }

  #shard(id: ShardId): ShardEntityWriter {
    const shard = this.#shards.get(id);
    if (shard === undefined) throw new Error(`No connection to the primary of shard ${id}`);
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

/** @param failure Why the position after the write could not be read; undefined if it was read. */
function withFailure(outcome: WriteOutcome, failure: DatabaseFailure | undefined): WriteOutcome {
  if (failure === undefined || outcome.status === 'FAILED') return outcome;
  const { id, version } = outcome.entity;
  const effect = outcome.status === 'UNCHANGED' ? 'already had this content' : 'was written';
  return { ...outcome, uncovered: uncovered(`Entity ${id} ${effect} (version ${version})`, failure) };
}

/** `extensions.written` informs programs that see only an error that the write took effect. */
function uncovered(effect: string, cause: DatabaseFailure): AtlasError {
  const { code, details } = cause instanceof AtlasError ? cause : { code: 'SHARD_UNAVAILABLE' as const, details: {} };
  return new AtlasError(code, `${effect}, but its position could not be read; no consistency token covers it.`, {
    cause,
    details: { ...details, written: true },
    hint: 'The write took effect: do not repeat it. Reads of the class REALTIME include it.',
  });
}
