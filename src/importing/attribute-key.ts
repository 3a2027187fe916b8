/** Longest attribute key, and entity type, that a name is turned into. */
const MAX_LENGTH = 63;

/**
 * A name as an attribute key: lower-case ASCII letters, digits and single underscores, a letter first, at most 63
 * characters. Words are told apart by punctuation, white space and camel case; accents are dropped; a letter without
 * an ASCII base becomes its code point (`u4fa1`); a leading digit gets `n_` before it. Null where nothing is left.
 * A name that is a key already stays as it is.
 */
export function toAttributeKey(name: string): string | null {
  const words = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/['’]/g, '')
    .replaceAll('ß', 'ss')
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1_$2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
    .replaceAll(/[^a-z0-9_]/gu, (letter) => `_u${letter.codePointAt(0)?.toString(16)}_`)
    .replaceAll(/_+/g, '_');
  const key = trimUnderscores(words);
  if (key === '') return null;
  return trimUnderscores((/^[0-9]/.test(key) ? `n_${key}` : key).slice(0, MAX_LENGTH));
}

const trimUnderscores = (text: string): string => text.replaceAll(/^_|_$/g, '');

/** Gives each column of an import a key of its own, in the order in which the columns are first seen. */
export class AttributeKeys {
  readonly #keys = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** The same column always gets the same key. One whose key is taken gets `_2`, `_3` … after it. */
  keyOf(column: string): string {
    const known = this.#keys.get(column);
    if (known !== undefined) return known;
    const base = toAttributeKey(column) ?? `column_${this.#keys.size + 1}`;
    let key = base;
    for (let suffix = 2; this.#taken.has(key); suffix++) {
      key = `${base.slice(0, MAX_LENGTH - `_${suffix}`.length)}_${suffix}`;
    }
    this.#keys.set(column, key);
    this.#taken.add(key);
    return key;
  }
}
