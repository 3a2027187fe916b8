import type { Ora } from 'ora';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { createSpinner } from '../../lib/spinner.ts';

/** Least milliseconds between two lines about the same phase where no line can be redrawn. */
const LINE_PERIOD_MS = 5_000;

/** Shows progress: one line that is redrawn on a terminal; otherwise a line when a phase begins, and one now and then while it lasts. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream;
  readonly #clock: Clock;
  readonly #spinner: Ora | null;
  /** The phases that have begun. */
  readonly #begun = new Set<string>();
  #writtenAt = 0;

  constructor(stream: NodeJS.WriteStream, clock: Clock = systemClock) {
    this.#stream = stream;
    this.#clock = clock;
    this.#spinner = createSpinner(stream);
  }

  /** @param state how far the phase is: a fraction from 0 to 1, or words; omitted if unknown. */
  progress(phase: string, state?: number | string): void {
    const line = lineOf(phase, state);
    if (this.#spinner !== null) {
      this.#spinner.text = line;
      if (!this.#spinner.isSpinning) this.#spinner.start();
      return;
    }
    const now = this.#clock.now();
    const begins = !this.#begun.has(phase);
    if (!begins && (state === undefined || now - this.#writtenAt < LINE_PERIOD_MS)) return;
    this.#begun.add(phase);
    this.#writtenAt = now;
    this.#stream.write(`${begins ? lineOf(phase) : line}\n`);
  }

  /** Removes the progress. */
  clear(): void {
    this.#spinner?.stop();
  }

  /** Prints a message that stays; progress continues below it. */
  say(message: string): void {
    this.clear();
    this.#stream.write(`${message}\n`);
  }
}

function lineOf(phase: string, state?: number | string): string {
  if (state === undefined) return `${phase} …`;
  return `${phase} … ${typeof state === 'number' ? `${Math.floor(state * 100)} %` : state}`;
}
