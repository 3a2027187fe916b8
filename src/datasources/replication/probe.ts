import type { Clock } from '../../lib/clock.ts';
import type { Service } from '../../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import type { OutageLog } from '../../observability/outage-log.ts';

/** An answer is believed for this many periods: a few lost or slow probes change nothing, a silent source becomes unknown. */
const BELIEVED_PERIODS = 8;

export interface ProbeOptions<T> {
  readonly name: string;
  readonly ask: () => Promise<T>;
  readonly periodMs: number;
  readonly clock: Clock;
  readonly outages: OutageLog;
}

/** Asks one source the same question every period and remembers the last answer, for as long as it may be believed. */
export class Probe<T> implements Service {
  readonly name: string;
  readonly #options: ProbeOptions<T>;
  readonly #task: PeriodicTask;
  #last: { readonly answer: T; readonly askedAt: number } | null = null;

  constructor(options: ProbeOptions<T>) {
    this.name = options.name;
    this.#options = options;
    this.#task = new PeriodicTask(options.name, options.periodMs, () => this.#ask());
  }

  start(): Promise<void> {
    return this.#task.start();
  }

  stop(): Promise<void> {
    return this.#task.stop();
  }

  /** Null: never answered, failed the last time, or silent for too long. `ageMs` counts from when it was asked. */
  latest(): { readonly answer: T; readonly ageMs: number } | null {
    if (this.#last === null) return null;
    const ageMs = this.#options.clock.now() - this.#last.askedAt;
    return ageMs > this.#options.periodMs * BELIEVED_PERIODS ? null : { answer: this.#last.answer, ageMs };
  }

  async #ask(): Promise<void> {
    const askedAt = this.#options.clock.now();
    try {
      this.#last = { answer: await this.#options.ask(), askedAt };
      this.#options.outages.succeeded();
    } catch (error) {
      this.#last = null;
      this.#options.outages.failed(error);
    }
  }
}
