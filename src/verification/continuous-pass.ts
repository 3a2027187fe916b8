import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '../lifecycle/backoff.ts';
import { OutageLog } from '../observability/outage-log.ts';
import { estimateRows } from '../replication/source/slot/snapshot-copy.ts';
import { CopyReplacedError } from './common-position.ts';
import type { ContinuousVerifierOptions } from './continuous-verifier.ts';
import type { RowDifference } from './difference.ts';
import { passIntervalMs, pauseAfter } from './pace.ts';
import type { ComparedShard } from './shard-comparison.ts';
import { describeDifference, nameDifference } from './verification-event.ts';
import { readPasses, writePass } from './verification-store.ts';
import { type Pass, ShardPass } from './verify-shard.ts';

/** How often a shard that is not streamed here, or not due, is looked at. */
const IDLE_MS = 1_000;
/** A process that is killed loses at most so much of its pass. */
const STORED_EVERY_MS = 30_000;

/** Begins a pass over one shard whenever one is due, and continues what another process has left. */
export class ContinuousPass {
  readonly #shard: ComparedShard;
  readonly #options: Omit<ContinuousVerifierOptions, 'shards'>;
  readonly #comparison: ShardPass;
  readonly #outages: OutageLog;
  readonly #backoff = new Backoff({ firstMs: IDLE_MS, longestMs: 30_000 });
  #pass: Pass | null = null;
  #estimate: number | null = null;
  /** Of this pass. */
  #told = 0;
  #foundAt = 0;
  #storedAt = 0;
  #hasNews = false;

  constructor(shard: ComparedShard, options: Omit<ContinuousVerifierOptions, 'shards'>) {
    this.#shard = shard;
    this.#options = options;
    this.#outages = new OutageLog(options.logger, `the verification of shard ${shard.server.shard}`);
    const onDifference = (difference: RowDifference, repaired: boolean | null) => this.#found(difference, repaired);
    this.#comparison = new ShardPass(shard, {
      ...{ ...options.comparison, clock: options.clock },
      ...{ tenantId: null, onDifference },
    });
  }

  /** Resolves once the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const pauseMs = await this.#step(signal);
        this.#backoff.reset();
        await delay(pauseMs, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof CopyReplacedError) this.#pass = null;
        this.#outages.failed(error);
        await this.#backoff.wait(signal);
      }
    }
  }

  /** @returns how long to pause. */
  async #step(signal: AbortSignal): Promise<number> {
    if (!this.#options.isStreaming(this.#shard.server.shard)) {
      this.#pass = null;
      return IDLE_MS;
    }
    this.#pass ??= await this.#begin(signal);
    if (this.#pass === null) return IDLE_MS;
    const before = this.#pass;
    const startedAt = performance.now();
    const after = await this.#comparison.advance(before, signal);
    this.#pass = after;
    const entities = after.totals.entities - before.totals.entities;
    const tookMs = performance.now() - startedAt;
    this.#outages.succeeded();
    const isComplete = this.#comparison.isComplete(after);
    await this.#store(after, isComplete);
    if (isComplete) this.#pass = null;
    return pauseAfter(this.#options.pace, entities, tookMs, {
      entities: this.#estimate === null ? null : Math.max(0, this.#estimate - after.totals.entities),
      elapsedMs: this.#options.clock.now() - after.startedAt,
    });
  }

  /** Null if none is due. */
  async #begin(signal: AbortSignal): Promise<Pass | null> {
    const { clickhouse, server } = this.#shard;
    const { clock, pace } = this.#options;
    const stored = (await readPasses(clickhouse, [server.shard], signal)).get(server.shard);
    const { completed = null, running = null } = stored ?? {};
    const isInterrupted = running !== null && running.startedAt > (completed?.startedAt ?? 0);
    const pass = await this.#comparison.begin(isInterrupted ? running : null, signal);
    const continues = isInterrupted && pass.startedAt === running.startedAt;
    if (!continues && completed?.copyId === pass.copyId) {
      if (clock.now() - completed.startedAt < passIntervalMs(pace)) return null;
    }
    this.#told = 0;
    this.#foundAt = continues ? running.foundAt : 0;
    this.#estimate = await estimateRows(server);
    if (!continues) await this.#write('running', pass);
    return pass;
  }

  async #store(pass: Pass, isComplete: boolean): Promise<void> {
    if (isComplete) await this.#write('completed', pass);
    else if (this.#hasNews || this.#options.clock.now() - this.#storedAt > STORED_EVERY_MS) {
      await this.#write('running', pass);
    }
  }

  async #write(state: 'running' | 'completed', pass: Pass): Promise<void> {
    const writtenAt = this.#options.clock.now();
    await writePass(this.#shard.clickhouse, state, { ...pass, foundAt: this.#foundAt, writtenAt });
    this.#storedAt = writtenAt;
    this.#hasNews = false;
  }

  #found(difference: RowDifference, repaired: boolean | null): void {
    const { logger, comparison, reportedDifferences, clock } = this.#options;
    this.#hasNews = true;
    if (repaired !== true) this.#foundAt = clock.now();
    if (++this.#told > reportedDifferences) return;
    const named = nameDifference(difference, repaired, comparison.attributes);
    const { shard, tenant, entity, attribute, kind } = named;
    logger.warn(
      { shard, tenant, entity, attribute, kind, repaired },
      `ClickHouse differs from Postgres: ${describeDifference(named)}`,
    );
  }
}
