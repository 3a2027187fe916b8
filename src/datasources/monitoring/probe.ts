import type { Clock } from '../../lib/clock.ts';
import type { Service } from '../../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import type { OutageLog } from '../../observability/outage-log.ts';

/** An answer is valid for this many periods, so a few lost or slow probes change nothing, and a silent source becomes unknown. */
const BELIEVED_PERIODS = 8;

export interface ProbeOptions<T> {
  readonly name: string;
  readonly ask: () => Promise<T>;
  readonly periodMs: number;
  readonly clock: Clock;
  readonly outages: OutageLog;
}

export interface ProbeAnswer<T> {
  readonly answer: T;
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** Sends one source the same probe every period and keeps the last answer for as long as it is valid. */
export class Probe<T> implements Service {
  readonly name: string;
  readonly #options: ProbeOptions<T>;
  readonly #task: PeriodicTask;
  #last: ProbeAnswer<T> | null = null;

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

  /** Null: never answered, failed the last time, or silent for too long. */
  latest(): ProbeAnswer<T> | null {
    const { clock, periodMs } = this.#options;
    if (this.#last === null || clock.now() - this.#last.askedAt > periodMs * BELIEVED_PERIODS) return null;
    return this.#last;
  }

  async #ask(): Promise<void> {
    const { ask, clock, outages } = this.#options;
    const askedAt = clock.now();
    try {
      const answer = await ask();
      this.#last = { answer, askedAt, answeredAt: clock.now() };
      outages.succeeded();
    } catch (error) {
      this.#last = null;
      outages.failed(error);
    }
  }
}
