import type { Positions } from '../freshness/positions.ts';
import { untilAborted } from '../lib/abort.ts';
import type { ChangeEvent } from './change-selection.ts';

interface Begin {
  readonly from: Positions;
  /** Aborts when the subscription has ended. */
  readonly signal: AbortSignal;
}

/** What it was ended with. */
class Ended {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** The events of one subscriber. They end at once, also while the next one is waited for: a generator alone would have to come up with it first. */
export class ChangeSubscription implements AsyncIterableIterator<ChangeEvent> {
  /** Settles when it has ended. */
  readonly ended: Promise<void>;
  readonly #controller = new AbortController();
  readonly #open: (begin: Begin) => AsyncGenerator<ChangeEvent>;
  #events: AsyncGenerator<ChangeEvent> | null = null;
  #at: Positions = new Map();

  constructor(open: (begin: Begin) => AsyncGenerator<ChangeEvent>) {
    this.#open = open;
    this.ended = new Promise((resolve) => {
      this.#controller.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Everything before these positions has been told with the events that were taken. */
  get at(): Positions {
    return this.#at;
  }

  begin(from: Positions): void {
    this.#at = from;
    this.#events = this.#open({ from, signal: this.#controller.signal });
  }

  /** @param error what `next` throws; null: the events just end. The first end counts. */
  end(error: unknown): void {
    const { signal } = this.#controller;
    if (signal.aborted) return;
    this.#controller.abort(new Ended(error));
    // What it waits for has been told to end, too.
    void this.#events?.return(undefined).catch(() => {});
  }

  async next(): Promise<IteratorResult<ChangeEvent, undefined>> {
    const { signal } = this.#controller;
    try {
      signal.throwIfAborted();
      if (this.#events === null) throw new TypeError('The subscription has not begun');
      const next = await untilAborted(this.#events.next(), signal);
      if (next.done === true) this.end(null);
      else this.#at = next.value.seen;
      return next;
    } catch (error) {
      const end = error instanceof Ended ? error.error : error;
      this.end(end);
      if (end !== null) throw end;
      return { done: true, value: undefined };
    }
  }

  async return(): Promise<IteratorResult<ChangeEvent, undefined>> {
    this.end(null);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
