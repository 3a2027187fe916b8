import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DirectoryStore } from '../../../src/connections/objects/directory-store.ts';
import type { ObjectStore } from '../../../src/connections/objects/object-store.ts';

/** Does nothing any more after so many calls, and leaves what it was writing half-written: as the process that used it. */
export class DyingStore implements ObjectStore {
  readonly place: string;
  isDead = false;
  #left: number;

  constructor(
    readonly store: DirectoryStore,
    survives: number,
  ) {
    this.place = store.place;
    this.#left = survives;
  }

  async write(name: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const isLast = this.#left === 0;
    if (isLast && !this.isDead) {
      mkdirSync(dirname(join(this.place, name)), { recursive: true });
      for await (const bytes of content) {
        writeFileSync(join(this.place, `${name}.partial`), bytes.subarray(0, bytes.length / 2));
        break;
      }
    }
    this.#step();
    await this.store.write(name, content, signal);
  }

  async open(name: string) {
    this.#step();
    return this.store.open(name);
  }

  async list(prefix: string) {
    this.#step();
    return this.store.list(prefix);
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.#step();
      await this.store.remove([name]);
    }
  }

  #step(): void {
    if (this.#left === 0) {
      this.isDead = true;
      throw new Error('The process is dead');
    }
    this.#left--;
  }
}
