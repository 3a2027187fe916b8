import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/lib/clock.ts';
import { type Violation, Violations } from '../checker/violation.ts';
import { Client } from '../client/client.ts';
import { BULK_TENANT } from '../faults/big-transaction.ts';
import type { FaultScope } from '../faults/fault.ts';
import { STILL_TENANT } from '../faults/rows-lost.ts';
import { World } from '../model/world.ts';
import { Reader } from '../readers/reader.ts';
import type { Stack } from '../stack/stack.ts';
import { defineAttributes } from '../writers/define-attributes.ts';
import { Writer } from '../writers/writer.ts';
import { Calm } from './calm.ts';
import { type Comparison, compareStores } from './compare.ts';
import type { PlannedFault, Storm } from './plan.ts';
import { untilHealthy } from './recovery.ts';
import { Tally } from './tally.ts';

const TENANTS: readonly number[] = [11, 12, 13];
const WRITERS = 3;
const READERS = 6;
const ENTITIES_PER_WRITER = 6;
/** Between storms. */
const LULL_MS = 500;

export interface RunOptions {
  readonly seed: number;
  /** Of whom nothing is stored yet. */
  readonly tenants?: readonly number[];
  readonly writers?: number;
  readonly readers?: number;
  readonly log: (line: string) => void;
}

/** What a run did and found. */
export interface RunResult {
  readonly topology: string;
  readonly seed: number;
  readonly seconds: number;
  readonly tally: Tally;
  /** By kind of fault. */
  readonly faults: Readonly<Record<string, number>>;
  /** Durations in milliseconds, by what took them. */
  readonly durations: ReadonlyMap<string, readonly number[]>;
  readonly comparison: Comparison | null;
  readonly violationCount: number;
  readonly violations: readonly Violation[];
}

/** A stack under writers, readers and faults. */
export class FaultRun {
  readonly stack: Stack;
  readonly world: World;
  readonly client: Client;
  readonly violations = new Violations();
  readonly tally = new Tally();
  readonly calm = new Calm();
  readonly #options: RunOptions;
  readonly #stopping = new AbortController();
  readonly #durations = new Map<string, number[]>();
  readonly #faults: Record<string, number> = {};
  #stamp = 0;

  constructor(stack: Stack, options: RunOptions) {
    this.stack = stack;
    this.#options = options;
    this.client = new Client(this.#stopping.signal);
    this.world = new World(
      stack.shards.map(({ id }) => id),
      options.tenants ?? TENANTS,
    );
  }

  /** Runs all storms, then compares. @throws Error if the stack does not recover */
  async run(next: (elapsedMs: number) => Storm | null): Promise<RunResult> {
    const begun = performance.now();
    let comparison: Comparison | null = null;
    try {
      await this.work(async () => {
        await this.#storms(next);
        await untilHealthy(this.stack.healthUrls);
      });
      comparison = await compareStores(this.stack, this.world, this.client, this.violations);
      await this.#verify();
    } finally {
      this.#stopping.abort();
    }
    return this.#result((performance.now() - begun) / 1_000, comparison);
  }

  /** Reads and writes, from when the stack is healthy until `during` is over. @throws Error if the stack does not become healthy */
  async work(during: () => Promise<void>): Promise<void> {
    const [url = ''] = this.stack.urls;
    await untilHealthy(this.stack.healthUrls);
    for (const tenant of [...this.world.tenants, BULK_TENANT, STILL_TENANT])
      await defineAttributes(this.client, url, tenant);
    const over = new AbortController();
    const working = Promise.all(this.#workers(over.signal).map((worker) => worker.run()));
    try {
      this.calm.begins(systemClock.now());
      await Promise.race([during(), working]);
    } finally {
      over.abort();
      await working;
    }
  }

  /** What is known so far, for a run that failed. */
  interrupted(): RunResult {
    return this.#result(0, null);
  }

  async #storms(next: (elapsedMs: number) => Storm | null): Promise<void> {
    const begun = performance.now();
    for (;;) {
      const storm = next(performance.now() - begun);
      if (storm === null) return;
      const names = storm.faults.map(({ fault, target, holdMs }) => `${fault.name} ${target} ${holdMs} ms`).join(' + ');
      this.#options.log(`${Math.round((performance.now() - begun) / 1_000)} s: ${names}`);
      this.calm.ends();
      await Promise.all(storm.faults.map((planned) => this.#inject(planned)));
      if (!storm.recovers) continue;
      const curedAt = performance.now();
      await untilHealthy(this.stack.healthUrls);
      for (const { fault } of storm.faults) this.#took(`recovery: ${fault.name}`, performance.now() - curedAt);
      this.calm.begins(systemClock.now());
      await sleep(LULL_MS);
    }
  }

  async #inject({ fault, target, holdMs }: PlannedFault): Promise<void> {
    const name = fault.name === 'kill' || fault.name === 'pause' ? `${fault.name} ${kindOf(target)}` : fault.name;
    this.#faults[name] = (this.#faults[name] ?? 0) + 1;
    const scope: FaultScope = {
      stack: this.stack,
      world: this.world,
      client: this.client,
      reader: new Reader(this.#shared(0)),
      complain: this.violations.about(null),
      tally: this.tally,
      holdMs,
      hold: () => sleep(holdMs),
      took: (what, ms) => this.#took(what, ms),
    };
    await fault.inject(target, scope);
  }

  #took(what: string, ms: number): void {
    this.#durations.set(what, [...(this.#durations.get(what) ?? []), Math.round(ms)]);
  }

  #workers(stopping: AbortSignal): readonly (Reader | Writer)[] {
    const shared = { ...this.#shared(0), stopping };
    const { seed, writers: writerCount = WRITERS, readers: readerCount = READERS } = this.#options;
    const writers = Array.from({ length: writerCount }, (_, index) => {
      const ids = Array.from({ length: ENTITIES_PER_WRITER }, (_, place) => String(1 + place * writerCount + index));
      return new Writer({
        ...shared,
        seed: seed * 100 + index,
        entities: this.world.tenants.flatMap((tenant) => ids.map((id) => this.world.entity(tenant, id))),
        nextStamp: () => ++this.#stamp,
        longestPauseMs: 150,
      });
    });
    const readers = Array.from(
      { length: readerCount },
      (_, index) => new Reader({ ...shared, seed: seed * 100 + 50 + index }),
    );
    return [...writers, ...readers];
  }

  #shared(seed: number) {
    const { world, client, violations, tally, calm } = this;
    const { urls, healthUrls } = this.stack;
    return { world, client, urls, healthUrls, seed, violations, tally, calm, stopping: this.#stopping.signal };
  }

  /** By the product's own comparison, if it has one. */
  async #verify(): Promise<void> {
    if (this.stack.topology !== 'deployed') return;
    const { output: help } = await this.stack.run(['--help']);
    if (!/^ {2}verify\b/m.test(help)) return;
    const { code, output } = await this.stack.run(['verify']);
    this.tally.count('atlas verify');
    if (code !== 0) this.violations.about(null)('difference', `atlas verify ended with ${code}:\n${output}`);
  }

  #result(seconds: number, comparison: Comparison | null): RunResult {
    return {
      topology: this.stack.topology,
      seed: this.#options.seed,
      seconds: Math.round(seconds),
      tally: this.tally,
      faults: this.#faults,
      durations: this.#durations,
      comparison,
      violationCount: this.violations.count,
      violations: this.violations.found,
    };
  }
}

/** `s0-primary` → `primary`. */
function kindOf(target: string): string {
  return target.replace(/^s\d+-/, '').replace(/-\d+$/, '');
}
