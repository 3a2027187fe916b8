import type { Requirement } from '../checker/requirement.ts';
import { type Answer, codesOf } from '../client/answer.ts';

/** Counts of what happened. */
export class Tally {
  readonly #counts = new Map<string, number>();

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  read(kind: string, { class: freshnessClass, fallback, after }: Requirement, answer: Answer): void {
    this.count(`read: ${kind}`);
    this.count(`class: ${freshnessClass}/${fallback}`);
    if (after !== null) this.count('read with a token');
    if (answer.errors.length > 0) this.count(`refused: ${codesOf(answer)[0]}`);
    const reads = answer.freshness?.reads ?? [];
    const others = new Set(reads.filter(({ source }) => source !== 'CLICKHOUSE').map(({ shard }) => shard));
    if (reads.some(({ source, shard }) => source === 'CLICKHOUSE' && others.has(shard))) this.count('source: merged');
    for (const { source, stale, reason } of reads) {
      this.count(`source: ${source}`);
      this.count(`reason: ${reason}`);
      if (stale) this.count('stale');
    }
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** Counts whose name begins with the prefix, by the rest of the name. */
  starting(prefix: string): Record<string, number> {
    const named = [...this.#counts].filter(([name]) => name.startsWith(prefix)).sort();
    return Object.fromEntries(named.map(([name, number]) => [name.slice(prefix.length), number]));
  }
}
