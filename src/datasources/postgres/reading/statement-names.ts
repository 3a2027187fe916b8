import { createHash } from 'node:crypto';

/** Every connection keeps the plan of every statement that has a name until it closes. */
const MOST_NAMES = 100;

/**
 * Names for statements that are worth preparing: the first texts that come, since filters and orders make any number of
 * texts. The name is the text's hash, so that readers which share a connection agree.
 */
export class StatementNames {
  readonly #names = new Map<string, string>();

  /** Undefined where the statement is to be sent without a name. */
  nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size === MOST_NAMES) return known;
    const name = `r_${createHash('sha256').update(text).digest('base64url').slice(0, 16)}`;
    this.#names.set(text, name);
    return name;
  }
}
