/** Longer names are not kept: each is part of a series of its own. */
const MOST_CHARACTERS = 80;
const OTHER = 'other';

/** Names that clients choose, as values of a label: the first ones keep theirs, all further ones share `other`, so that no client can make more series. */
export class BoundedNames {
  readonly #known = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** @param name null: there is none. */
  labelOf(name: string | null): string {
    if (name === null) return 'anonymous';
    if (this.#known.has(name)) return name;
    if (this.#known.size >= this.#most || name.length > MOST_CHARACTERS) return OTHER;
    this.#known.add(name);
    return name;
  }
}
