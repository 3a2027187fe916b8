import type { TokenStorage } from '../../../packages/client/src/core/consistency-tokens.ts';

/** As Web Storage is, with something of others in it. */
export class MemoryStorage implements TokenStorage {
  readonly entries = new Map([['theme', 'dark']]);
  get length(): number {
    return this.entries.size;
  }
  key(index: number): string | null {
    return [...this.entries.keys()][index] ?? null;
  }
  setItem(key: string, value: string): void {
    this.entries.set(key, value);
  }
  removeItem(key: string): void {
    this.entries.delete(key);
  }
}
