import type { Service } from './lifecycle.ts';

/**
 * Runs `work` every `periodMs`, the first time immediately. Runs never overlap: a run that takes longer than the period
 * delays the next one. `work` must handle its own errors and never reject.
 */
export class PeriodicTask implements Service {
  readonly name: string;
  readonly #periodMs: number;
  readonly #work: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(name: string, periodMs: number, work: () => Promise<void>) {
    this.name = name;
    this.#periodMs = periodMs;
    this.#work = work;
  }

  async start(): Promise<void> {
    this.#running = this.#run();
  }

  /** Resolves when the current run, if any, has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    const startedAt = performance.now();
    await this.#work();
    if (this.#stopped) return;
    const rest = Math.max(0, this.#periodMs - (performance.now() - startedAt));
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, rest);
  }
}
