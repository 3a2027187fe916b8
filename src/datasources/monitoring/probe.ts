import { SourceError } from '../../domain/source-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Service } from '../../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import type { OutageLog } from '../../observability/outage-log.ts';

/**
 * Probes in a row that a server must miss to count as down. As many run at once, each on a connection of its own, so that one
 * connection that hangs does not stand for the server.
 */
export const MISSES = 3;

/** Attempts in a row that must fail. The first may only have found that an open connection was lost. */
const REFUSALS = 2;

export interface ProbeOptions<T> {
  readonly name: string;
  readonly ask: () => Promise<T>;
  readonly periodMs: number;
  /** A probe that is not answered within this time is missed, and the next one is sent. Its answer still counts. */
  readonly lateMs: number;
  readonly clock: Clock;
  readonly outages: OutageLog;
}

export interface ProbeAnswer<T> {
  readonly answer: T;
  readonly askedAt: number;
  readonly answeredAt: number;
}

/**
 * Sends one server the same probe every period, and knows whether the server is up.
 *
 * A server is down once it has missed `MISSES` probes in a row, or refused two attempts in a row. A probe that is late is not
 * proof, because a busy machine delays probes too; a refused connection is. Anything that the server answers, be it a probe or
 * a read, shows that it is up.
 */
export class Probe<T> implements Service {
  readonly name: string;
  readonly #options: ProbeOptions<T>;
  readonly #task: PeriodicTask;
  readonly #underWay = new Set<Promise<void>>();
  #last: ProbeAnswer<T> | null = null;
  #heardAt: number | null = null;
  /** The newest probe; null once it has ended, or has been counted as missed. */
  #newest: { readonly askedAt: number } | null = null;
  #misses = 0;
  #refusals = 0;
  #stopped = false;

  constructor(options: ProbeOptions<T>) {
    this.name = options.name;
    this.#options = options;
    this.#task = new PeriodicTask(options.name, options.periodMs, async () => this.tick());
  }

  start(): Promise<void> {
    return this.#task.start();
  }

  /** Resolves when no probe is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#task.stop();
    await Promise.all(this.#underWay);
  }

  /** When the server last answered a probe or a read; null if it is down or has never answered. */
  heardAt(): number | null {
    return this.#misses >= MISSES || this.#refusals >= REFUSALS ? null : this.#heardAt;
  }

  /** The newest answer; null if there is none, the last one was an error, or the server is down. */
  latest(): ProbeAnswer<T> | null {
    return this.heardAt() === null ? null : this.#last;
  }

  /** Call it when the server has answered something else. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#misses = 0;
    this.#refusals = 0;
  }

  /** Runs every period. Counts at most one miss, so that a pause of this process is not held against the server. */
  tick(): void {
    const { clock, lateMs } = this.#options;
    if (this.#newest !== null) {
      if (clock.now() - this.#newest.askedAt < lateMs) return;
      this.#newest = null;
      this.#misses += 1;
    }
    if (this.#underWay.size < MISSES) this.#send();
  }

  #send(): void {
    const probe = this.#ask().finally(() => this.#underWay.delete(probe));
    this.#underWay.add(probe);
  }

  async #ask(): Promise<void> {
    const { ask, clock, outages } = this.#options;
    const askedAt = clock.now();
    const sent = { askedAt };
    this.#newest = sent;
    try {
      const answer = await ask();
      this.heard();
      // Probes may overtake each other.
      if (this.#last === null || askedAt >= this.#last.askedAt) {
        this.#last = { answer, askedAt, answeredAt: clock.now() };
      }
      outages.succeeded();
    } catch (error) {
      this.#failed(error, sent);
      outages.failed(error);
    } finally {
      if (this.#newest === sent) this.#newest = null;
    }
  }

  #failed(error: unknown, sent: { readonly askedAt: number }): void {
    const { clock, lateMs } = this.#options;
    if (!(error instanceof SourceError)) {
      // It responds, but not as a server of this shard: its schema is missing, for example.
      this.#last = null;
      this.#refusals = REFUSALS;
    } else if (error.outcome !== 'down' || error.responded) {
      this.heard();
    } else if (clock.now() - sent.askedAt >= lateMs) {
      // Its time ran out, which on a busy machine happens to the opening of a connection as well.
      if (this.#newest === sent) this.#misses += 1;
    } else {
      this.#refusals += 1;
      if (this.#refusals < REFUSALS && !this.#stopped) this.#send();
    }
  }
}
