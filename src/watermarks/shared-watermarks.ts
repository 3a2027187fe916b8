import type { ClickHouseSession } from '../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { SharedRuns } from '../lib/shared-runs.ts';
import { aftermathOf, type CopyStateRow, type ReadAftermath, readCopyStates } from './clickhouse-aftermath.ts';
import { COVERED_TABLES, heartbeatOf, type KnownCopy, readWatermarks } from './clickhouse-watermarks.ts';

/** A statement that takes longer may hang alone; the next one is sent beside it. */
const PATIENCE_MS = 250;

/** The watermarks of the copies that are read, as one statement has returned them. */
export interface KnownWatermarks {
  /** Shards without a complete copy are left out. */
  readonly copies: ReadonlyMap<ShardId, KnownCopy>;
  /** Of the session, before the statement was sent. */
  readonly serverChanges: number;
}

interface Known extends KnownWatermarks {
  /** When the statement was sent, on the clock of `performance.now()`. */
  readonly sentAt: number;
  /** Whether the server contains what the watermarks say; of replicated tables, each reaches it by itself. */
  readonly isCaughtUp: boolean;
}

/**
 * The watermarks that reads of ClickHouse begin with and end with, of all reads through one session. A watermark holds for whatever is read after it, so those that
 * one read has ended with are those that the next one may begin with; and whoever has read its data while a statement runs shares the next.
 */
export class SharedWatermarks {
  readonly #database: ClickHouseSession;
  readonly #shards: readonly ShardId[];
  readonly #anew: SharedRuns<Known>;
  readonly #states: SharedRuns<readonly CopyStateRow[]>;
  /** The copies whose rows the next statement looks for. */
  #asked = new Set<bigint>();
  #latest: Known | null = null;

  constructor(database: ClickHouseSession, shards: readonly ShardId[]) {
    this.#database = database;
    this.#shards = shards;
    this.#anew = new SharedRuns(() => this.#readAnew(), PATIENCE_MS);
    this.#states = new SharedRuns(() => this.#readStates(), PATIENCE_MS);
  }

  /** What a statement that is sent now contains at least. @param knownForMs how long ago it may have been asked for; 0: it is asked for after this call. */
  async before(knownForMs: number, signal: AbortSignal): Promise<KnownWatermarks> {
    if (knownForMs <= 0) return this.#anew.join(signal);
    const latest = this.#latest;
    if (latest === null || !this.#holds(latest, knownForMs)) return this.#anew.joinRunning(knownForMs, signal);
    if (latest.isCaughtUp) return latest;
    await this.#database.catchUp(COVERED_TABLES, signal);
    this.#keep({ ...latest, isCaughtUp: true });
    return latest;
  }

  /** What ClickHouse says after the data. @param read the copies that were read, by shard. */
  async after(read: ReadonlyMap<ShardId, { readonly copyId: bigint }>, signal: AbortSignal): Promise<ReadAftermath> {
    for (const { copyId } of read.values()) this.#asked.add(copyId);
    return aftermathOf(await this.#states.join(signal), read);
  }

  /** What is not known of a shard may be by now. */
  #holds({ copies, sentAt, serverChanges }: Known, knownForMs: number): boolean {
    const isWhole = this.#shards.every((shard) => typeof copies.get(shard)?.heartbeatAt === 'number');
    return isWhole && serverChanges === this.#database.serverChanges && performance.now() - sentAt <= knownForMs;
  }

  async #readAnew(): Promise<Known> {
    const [sentAt, { serverChanges }] = [performance.now(), this.#database];
    const copies = await readWatermarks(this.#database, this.#shards);
    return this.#keep({ copies, serverChanges, sentAt, isCaughtUp: true });
  }

  async #readStates(): Promise<readonly CopyStateRow[]> {
    const [sentAt, { serverChanges }] = [performance.now(), this.#database];
    const asked = [...this.#asked];
    this.#asked = new Set();
    const rows = await readCopyStates(this.#database, this.#shards, asked);
    this.#keep({ copies: liveCopies(rows), serverChanges, sentAt, isCaughtUp: false });
    return rows;
  }

  #keep(known: Known): Known {
    if (this.#latest === null || known.sentAt >= this.#latest.sentAt) this.#latest = known;
    return known;
  }
}

/** The newest complete copy of each shard. */
function liveCopies(rows: readonly CopyStateRow[]): KnownWatermarks['copies'] {
  const live = new Map<ShardId, KnownCopy>();
  for (const { source, shard, copy_id, newest, heartbeat_at } of rows) {
    const [copyId, lsn] = [BigInt(copy_id), BigInt(newest)];
    if (source !== 'replication_watermark' || lsn === 0n || copyId < (live.get(shard)?.copyId ?? 0n)) continue;
    live.set(shard, { copyId, lsn, heartbeatAt: heartbeatOf(heartbeat_at) });
  }
  return live;
}
