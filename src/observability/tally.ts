import { Counter, type Registry } from 'prom-client';

export interface TallyOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  readonly registers: Registry[];
}

/** By the values of the labels, one level for each; the last one counts. */
interface Level {
  readonly next: Map<string, Level>;
  count: number;
}

const emptyLevel = (): Level => ({ next: new Map(), count: 0 });

/**
 * A counter for what happens several times in each request: counting is a lookup for each label, and only a scrape builds what
 * Prometheus reads. prom-client's own builds a key of all labels each time, which takes several times as long.
 */
export class Tally<Label extends string> {
  readonly #labelNames: readonly Label[];
  readonly #root = emptyLevel();

  constructor({ labelNames, ...options }: TallyOptions<Label>) {
    this.#labelNames = labelNames;
    const each = (visit: (labels: Partial<Record<Label, string>>, count: number) => void) =>
      this.#each(this.#root, {}, 0, visit);
    new Counter<Label>({
      ...options,
      labelNames: [...labelNames],
      collect() {
        this.reset();
        each((labels, count) => this.inc(labels, count));
      },
    });
  }

  /** @param values of the labels, in the order of their names. */
  count(values: readonly string[], by = 1): void {
    let level = this.#root;
    for (const value of values) {
      let next = level.next.get(value);
      if (next === undefined) {
        next = emptyLevel();
        level.next.set(value, next);
      }
      level = next;
    }
    level.count += by;
  }

  #each(
    level: Level,
    labels: Partial<Record<Label, string>>,
    depth: number,
    visit: (labels: Partial<Record<Label, string>>, count: number) => void,
  ): void {
    const name = this.#labelNames[depth];
    if (name === undefined) {
      visit(labels, level.count);
      return;
    }
    for (const [value, next] of level.next) this.#each(next, { ...labels, [name]: value }, depth + 1, visit);
  }
}
