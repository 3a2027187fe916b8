import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../../src/importing/sample-data/seeded-random.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { Violations } from '../checker/violation.ts';
import type { Client } from '../client/client.ts';
import type { EntityHistory } from '../model/entity-history.ts';
import type { World } from '../model/world.ts';
import type { Tally } from '../run/tally.ts';
import { deleteEntity } from './delete-entity.ts';
import { settleUnknown } from './settle-unknown.ts';
import { refusedWrite, upsertEntities } from './upsert-entities.ts';

/** Longer than whatever holds a write back: a paused process, a cut network, the limits of requests and statements. */
const LINGERING_MS = 45_000;

export interface WriterOptions {
  readonly world: World;
  readonly client: Client;
  readonly urls: readonly string[];
  readonly seed: number;
  /** Its own entities; no other writer changes them. */
  readonly entities: readonly EntityHistory[];
  readonly violations: Violations;
  readonly tally: Tally;
  readonly stopping: AbortSignal;
  /** Numbers every write of the run. */
  readonly nextStamp: () => number;
  readonly longestPauseMs: number;
}

/** What one write needs. */
export interface WriteScope extends WriterOptions {
  readonly random: SeededRandom;
  readonly url: string;
}

/** Creates, updates and deletes its entities at random. */
export class Writer {
  readonly #options: WriterOptions;
  readonly #random: SeededRandom;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
  }

  async run(): Promise<void> {
    const { stopping, longestPauseMs } = this.#options;
    while (!stopping.aborted) {
      const isDone = await this.#once();
      const pauseMs = this.#random.below(longestPauseMs) + (isDone ? 0 : 300);
      await sleep(pauseMs, undefined, { signal: stopping }).catch(() => {});
    }
  }

  /** @returns whether the write was acknowledged, or refused as it should be. */
  async #once(): Promise<boolean> {
    const random = this.#random;
    const scope = { ...this.#options, random, url: random.pick(this.#options.urls) };
    const settled = scope.entities.filter(({ unknownSince }) => unknownSince === null);
    const lingering = scope.entities.find(
      ({ unknownSince }) => unknownSince !== null && systemClock.now() - unknownSince > LINGERING_MS,
    );
    if (lingering !== undefined) return settleUnknown(lingering, scope);
    if (settled.length === 0) return false;
    const history = random.pick(settled);
    const kind = random.weighted([
      ['upsert', 12],
      ['batch', 3],
      ['delete', 2],
      ['conflict', 1],
    ] as const);
    switch (kind) {
      case 'upsert':
        return upsertEntities([history], scope);
      case 'batch': {
        const some = settled.filter(({ tenant }) => tenant === history.tenant).filter(() => random.chance(0.5));
        return upsertEntities(some.length === 0 ? [history] : some, scope);
      }
      case 'delete':
        return deleteEntity(history, scope);
      case 'conflict':
        return refusedWrite(history, scope);
    }
  }
}

/** Passes the gates of all shards that these entities live on. */
export function throughGates<T>(world: World, histories: readonly EntityHistory[], work: () => Promise<T>): Promise<T> {
  const shards = world.shards.filter((shard) => histories.some((history) => history.shard === shard));
  return shards.reduceRight<() => Promise<T>>((inner, shard) => () => world.gate(shard).pass(inner), work)();
}
