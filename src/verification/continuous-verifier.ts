import type { ShardId } from '../domain/identifiers.ts';
import type { Clock } from '../lib/clock.ts';
import type { Service } from '../lifecycle/lifecycle.ts';
import type { Logger } from '../observability/logger.ts';
import { ContinuousPass } from './continuous-pass.ts';
import type { Pace } from './pace.ts';
import type { ComparedShard, ComparisonOptions } from './shard-comparison.ts';

export interface ContinuousVerifierOptions {
  readonly shards: readonly ComparedShard[];
  /** Whether this process streams the shard: another one compares it otherwise, or nothing can be compared. */
  readonly isStreaming: (shard: ShardId) => boolean;
  readonly comparison: ComparisonOptions;
  readonly pace: Pace;
  /** Differences that are logged per pass; further ones are only counted. */
  readonly reportedDifferences: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Compares every shard that this process streams, again and again, each at its own pace. */
export class ContinuousVerifier implements Service {
  readonly name = 'verification';
  readonly #passes: readonly ContinuousPass[];
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor({ shards, ...options }: ContinuousVerifierOptions) {
    this.#passes = shards.map((shard) => new ContinuousPass(shard, options));
  }

  async start(): Promise<void> {
    this.#running = Promise.all(this.#passes.map((pass) => pass.run(this.#stop.signal)));
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('The verification is being stopped'));
    await this.#running;
  }
}
