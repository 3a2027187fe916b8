import { outcomeOf } from '../domain/source-error.ts';
import type { Measured } from '../freshness/freshness.ts';
import type { EntityReader } from './entity-reader.ts';
import type { Lookup, Question } from './questions/question.ts';

/** A question about more entities than this is a statement of its own: it would make those wait that ask for one. */
export const MOST_ASKED = 20;

/**
 * Looks entities up for several requests at once: what is asked while the event loop takes what has arrived becomes one statement, and each question gets its share of the
 * answer, with the watermark of that one snapshot. The snapshot is taken after all of them have been asked, so each may claim what it
 * would claim alone. Questions of different tenants or for different attributes never share one.
 */
export class BatchedEntityReader implements EntityReader {
  readonly #reader: EntityReader;
  readonly #asksAlone: () => boolean;
  /** Those that take further questions, by the key of their lookups. */
  readonly #open = new Map<string, Batch>();

  /** @param asksAlone whether the caller's question is a statement of its own, because somebody wants to see it. */
  constructor(reader: EntityReader, asksAlone: () => boolean = () => false) {
    this.#reader = reader;
    this.#asksAlone = asksAlone;
  }

  ask<Part>(question: Question<Part, unknown>, signal: AbortSignal, knownForMs?: number): Promise<Measured<Part>> {
    const { lookup } = question;
    if (lookup === undefined || lookup.ids.length > MOST_ASKED || this.#asksAlone()) {
      return this.#reader.ask(question, signal, knownForMs);
    }
    if (signal.aborted) return Promise.reject(signal.reason);
    const { key } = lookup;
    // A key stands for one type of part.
    let batch = this.#open.get(key) as Batch<Part> | undefined;
    if (batch === undefined || !batch.hasRoomFor(lookup)) {
      const opened = new Batch<Part>(this.#reader);
      this.#open.set(key, opened as Batch);
      setImmediate(() => {
        if (this.#open.get(key) === (opened as Batch)) this.#open.delete(key);
        void opened.send();
      });
      batch = opened;
    }
    return batch.add(question, lookup, signal);
  }
}

interface Member<Part> {
  readonly question: Question<Part, unknown>;
  readonly lookup: Lookup<Part>;
  readonly signal: AbortSignal;
  readonly resolve: (measured: Measured<Part> | Promise<Measured<Part>>) => void;
  readonly reject: (error: unknown) => void;
  readonly leave: () => void;
}

/** Questions that become one statement. Whoever gives up leaves it to the others; the last one ends it. */
class Batch<Part = unknown> {
  readonly #reader: EntityReader;
  readonly #members = new Set<Member<Part>>();
  #ending: AbortController | null = null;
  #size = 0;

  constructor(reader: EntityReader) {
    this.#reader = reader;
  }

  hasRoomFor({ ids, mostIds }: Lookup<Part>): boolean {
    return this.#size + ids.length <= mostIds;
  }

  add(question: Question<Part, unknown>, lookup: Lookup<Part>, signal: AbortSignal): Promise<Measured<Part>> {
    this.#size += lookup.ids.length;
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#members.delete(member);
        reject(signal.reason);
        if (this.#members.size === 0) this.#ending?.abort(signal.reason);
      };
      const member: Member<Part> = { question, lookup, signal, resolve, reject, leave };
      this.#members.add(member);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  async send(): Promise<void> {
    const [first, ...others] = this.#members;
    if (first === undefined) return;
    if (others.length === 0) return this.#settle(({ question, signal }) => this.#reader.ask(question, signal));
    const ids = new Set([first, ...others].flatMap(({ lookup }) => lookup.ids));
    this.#ending = new AbortController();
    try {
      const measured = await this.#reader.ask(first.lookup.withIds([...ids]), this.#ending.signal);
      this.#settle(({ lookup }) => ({ ...measured, data: lookup.share(measured.data) }));
    } catch (error) {
      // The source would fail each of them. What is wrong with the answer, its size for example, is not wrong with each.
      if (outcomeOf(error) !== null) this.#fail(error);
      else this.#settle(({ question, signal }) => this.#reader.ask(question, signal));
    }
  }

  #settle(answer: (member: Member<Part>) => Measured<Part> | Promise<Measured<Part>>): void {
    for (const member of this.#left()) {
      try {
        member.resolve(answer(member));
      } catch (error) {
        member.reject(error);
      }
    }
  }

  #fail(error: unknown): void {
    for (const member of this.#left()) member.reject(error);
  }

  /** Those that have not given up. They are no members any more. */
  #left(): readonly Member<Part>[] {
    const left = [...this.#members];
    this.#members.clear();
    for (const { signal, leave } of left) signal.removeEventListener('abort', leave);
    return left;
  }
}
