import { createHash } from 'node:crypto';

/** Names in use: fewer than a connection may hold prepared statements, so that few connections are replaced. */
const MOST_NAMES = 100;
/** Number of texts remembered after their first use. */
const RECENT_TEXTS = 1_000;

/**
 * Names for the statements that are worth preparing. Filters and orders produce any number of texts, and a prepared statement
 * takes memory on every connection, so a text gets a name if it recurs soon, and loses it once a hundred others have been used
 * since. The name is the text's hash, so that readers that share a connection agree.
 */
export class StatementNames {
  /** Names by text, least recently used first. */
  readonly #names = new Map<string, string>();
  /** The names of texts used once so far, oldest first. */
  readonly #recent = new Set<string>();

  /** Undefined if the statement is to be sent without a name. */
  nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined) {
      this.#names.delete(text);
      this.#names.set(text, known);
      return known;
    }
    const name = `r_${createHash('sha256').update(text).digest('base64url').slice(0, 16)}`;
    if (!this.#recent.delete(name)) {
      this.#recent.add(name);
      if (this.#recent.size > RECENT_TEXTS) dropFirst(this.#recent);
      return undefined;
    }
    this.#names.set(text, name);
    if (this.#names.size > MOST_NAMES) dropFirst(this.#names);
    return name;
  }
}

function dropFirst(entries: { keys(): IterableIterator<string>; delete(key: string): boolean }): void {
  const [first] = entries.keys();
  if (first !== undefined) entries.delete(first);
}
