import type { ChangeEvent } from './change-selection.ts';

export interface BufferLimits {
  /** Events that a subscriber has not taken. */
  readonly events: number;
  /** Of their values, as JSON. */
  readonly bytes: number;
}

/** Events that wait for one subscriber, who takes them one after the other. */
export class EventBuffer {
  readonly #limits: BufferLimits;
  readonly #events: { readonly event: ChangeEvent; readonly bytes: number }[] = [];
  #bytes = 0;
  #end: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  constructor(limits: BufferLimits) {
    this.#limits = limits;
  }

  /** @returns false if there is no room for it. One that is larger than the limit alone has room in an empty buffer. */
  add(event: ChangeEvent, bytes: number): boolean {
    const isFull = this.#events.length >= this.#limits.events || this.#bytes + bytes > this.#limits.bytes;
    if (isFull && this.#events.length > 0) return false;
    this.#events.push({ event, bytes });
    this.#bytes += bytes;
    this.#wake?.();
    return true;
  }

  /** Nothing comes any more. What waits is dropped. @param error what `next` throws; null: it ends. */
  end(error: unknown): void {
    this.#end ??= { error };
    this.#events.length = 0;
    this.#wake?.();
  }

  /** The next event, once there is one; null at the end. @throws what it ended with */
  async next(): Promise<ChangeEvent | null> {
    while (this.#end === null) {
      const first = this.#events.shift();
      if (first !== undefined) {
        this.#bytes -= first.bytes;
        return first.event;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    if (this.#end.error !== null) throw this.#end.error;
    return null;
  }
}
