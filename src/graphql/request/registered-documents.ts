import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { AtlasError } from '../../domain/errors.ts';
import type { TenantId } from '../../domain/identifiers.ts';

const REGISTER = 'Send the query with its SHA-256 once; from then on, the SHA-256 is enough.';

/**
 * Documents that clients register by their SHA-256, as Apollo's automatic persisted queries: a client sends the hash, and the text only
 * if it is told that the hash is not known. What one tenant registers, another does not find.
 */
export class RegisteredDocuments {
  readonly #texts: LRUCache<string, string> | null;

  /** @param maxCharacters of all of them; 0: none can be registered. */
  constructor(maxCharacters: number) {
    this.#texts =
      maxCharacters === 0
        ? null
        : new LRUCache({ maxSize: maxCharacters, sizeCalculation: (text) => Math.max(1, text.length) });
  }

  get isOff(): boolean {
    return this.#texts === null;
  }

  /** @throws AtlasError BAD_USER_INPUT, with the message by which clients know that they must send the text. */
  textOf(tenantId: TenantId, sha256: string): string {
    const text = this.#texts?.get(`${tenantId} ${sha256}`);
    if (text === undefined) throw new AtlasError('BAD_USER_INPUT', 'PersistedQueryNotFound', { hint: REGISTER });
    return text;
  }

  /** @throws AtlasError BAD_USER_INPUT if the hash is not that of the text. */
  register(tenantId: TenantId, sha256: string, text: string): void {
    const own = createHash('sha256').update(text).digest('hex');
    if (own !== sha256) {
      throw new AtlasError('BAD_USER_INPUT', 'The query does not have the SHA-256 that it was sent with.');
    }
    this.#texts?.set(`${tenantId} ${sha256}`, text);
  }
}
