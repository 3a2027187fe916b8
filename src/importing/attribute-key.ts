/** Maximum length of an attribute key or entity type derived from a name. */
const MAX_LENGTH = 63;

/**
 * Converts a name to an attribute key: lower-case ASCII letters, digits and single underscores, starting with a letter, at most
 * 63 characters. Words are separated at punctuation, white space and camel case; accents are dropped; a letter without
 * an ASCII base becomes its code point (`u4fa1`); a leading digit is prefixed with `n_`. Null if nothing is left.
 * A name that is already a key is returned unchanged.
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

/** Assigns a unique key to each column of an import, in the order of first appearance. */
export class AttributeKeys {
  readonly #keys = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** Returns the same key for the same column. If the key is taken, it is suffixed with `_2`, `_3` … */
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
