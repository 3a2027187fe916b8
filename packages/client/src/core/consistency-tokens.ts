/** The part of Web Storage that is used. `localStorage` shares tokens between tabs; `sessionStorage` keeps them over a reload. */
export interface TokenStorage {
  readonly length: number;
  key(index: number): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface TokenOptions {
  /** Without it, tokens live as long as the object. */
  readonly storage?: TokenStorage | undefined;
  /** In front of every key in the storage. Use one for each installation of Atlas and each user. Default: `atlas:`. */
  readonly prefix?: string | undefined;
}

/** Longest value of the request header, in characters: proxies refuse headers from 8 KiB, commonly. */
const MAX_HEADER_LENGTH = 4_000;

/** What one request carries. */
export interface CarriedTokens {
  /** Null if there is nothing to carry. */
  readonly header: string | null;
  readonly tokens: readonly string[];
  /** False if not all fit: the response does not include what the others stand for. */
  readonly isComplete: boolean;
}

/**
 * The consistency tokens of all that was written and seen. Tokens are opaque, so two of them cannot be merged here; several in one request
 * all hold, and the token of its response stands for all of them. What a response does not stand for is kept, so no position is lost,
 * whatever the order in which responses arrive. There are at most as many tokens as requests were under way at once.
 *
 * In a storage, each token is a key of its own, which is only ever added or removed. Tabs therefore cannot overwrite each other's.
 */
export class ConsistencyTokens {
  readonly #held = new Set<string>();
  readonly #storage: TokenStorage | undefined;
  readonly #prefix: string;

  constructor({ storage, prefix = 'atlas:' }: TokenOptions = {}) {
    this.#storage = storage;
    this.#prefix = prefix;
  }

  /** Also for a token that arrived by another way, such as the `consistencyToken` of a job or a link. */
  add(token: string): void {
    // Again at the end: the newest tokens are carried first.
    this.#held.delete(token);
    this.#held.add(token);
    this.#try((storage) => storage.setItem(this.#prefix + token, ''));
  }

  /** The newest that fit into one header. */
  carry(): CarriedTokens {
    const all = [...new Set([...this.#stored(), ...this.#held])].reverse();
    const tokens: string[] = [];
    let length = 0;
    for (const token of all) {
      length += token.length + 1;
      if (tokens.length > 0 && length > MAX_HEADER_LENGTH) break;
      tokens.push(token);
    }
    return { header: tokens.join() || null, tokens, isComplete: tokens.length === all.length };
  }

  /** A response that carried `tokens` brought one that stands for them. */
  replace(tokens: readonly string[], token: string): void {
    // Added first, so that a tab that reads in between misses nothing.
    this.add(token);
    this.forget(tokens.filter((one) => one !== token));
  }

  forget(tokens: readonly string[]): void {
    for (const token of tokens) {
      this.#held.delete(token);
      this.#try((storage) => storage.removeItem(this.#prefix + token));
    }
  }

  #stored(): string[] {
    const stored: string[] = [];
    this.#try((storage) => {
      for (let index = 0; index < storage.length; index += 1) {
        const key = storage.key(index);
        if (key?.startsWith(this.#prefix)) stored.push(key.slice(this.#prefix.length));
      }
    });
    return stored;
  }

  /** A storage that is full or forbidden shares nothing, and breaks nothing. */
  #try(use: (storage: TokenStorage) => void): void {
    try {
      if (this.#storage !== undefined) use(this.#storage);
    } catch {}
  }
}
