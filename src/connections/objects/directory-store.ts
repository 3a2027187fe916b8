import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type ObjectStore, ObjectStoreError, type StoredObject } from './object-store.ts';

const PARTIAL = '.partial';

/** Files below a directory that exists: one that was not mounted is not made anew somewhere else. */
export class DirectoryStore implements ObjectStore {
  readonly place: string;

  constructor(directory: string) {
    this.place = resolve(directory);
  }

  async write(name: string, content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const file = join(this.place, name);
    const partial = `${file}${PARTIAL}`;
    try {
      await this.#makeFolders(dirname(file));
      await pipeline(
        content,
        createWriteStream(partial, { mode: 0o600 }),
        ...(signal === undefined ? [] : [{ signal }]),
      );
      await flush(partial, 'r+');
      await rename(partial, file);
      await flush(dirname(file), 'r');
    } catch (error) {
      await rm(partial, { force: true }).catch(() => {});
      throw explained(error);
    }
  }

  async open(name: string): Promise<StoredObject | null> {
    const file = join(this.place, name);
    try {
      await this.#requireDirectory();
      const { size } = await stat(file);
      return { byteLength: size, slice: (start, end = size) => readRange(file, start, end) };
    } catch (error) {
      if (isMissing(error)) return null;
      throw explained(error);
    }
  }

  async list(prefix: string): Promise<readonly string[]> {
    const folder = join(this.place, prefix.slice(0, prefix.lastIndexOf('/') + 1));
    try {
      await this.#requireDirectory();
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(this.place, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
        .filter((name) => name.startsWith(prefix))
        .sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw explained(error);
    }
  }

  async remove(names: readonly string[]): Promise<void> {
    try {
      await this.#requireDirectory();
      for (const name of names) await rm(join(this.place, name), { force: true });
      const folders = new Set(names.map((name) => dirname(join(this.place, name))));
      for (const folder of folders) {
        await flush(folder, 'r').catch((error: unknown) => {
          if (!isMissing(error)) throw error;
        });
      }
    } catch (error) {
      throw explained(error);
    }
  }

  /** Each is on disk in the one above it before anything is written into it. */
  async #makeFolders(folder: string): Promise<void> {
    await this.#requireDirectory();
    const first = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = folder; made.length >= first.length; made = dirname(made)) await flush(dirname(made), 'r');
  }

  async #requireDirectory(): Promise<void> {
    const found = await stat(this.place).catch(() => null);
    if (found?.isDirectory() !== true) throw new ObjectStoreError(`There is no directory ${this.place}.`);
  }
}

async function flush(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  await handle.sync().finally(() => handle.close());
}

async function readRange(file: string, start: number, end: number): Promise<ArrayBuffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const bytes = new Uint8Array(Math.max(0, end - start));
      let read = 0;
      while (read < bytes.length) {
        const { bytesRead } = await handle.read(bytes, read, bytes.length - read, start + read);
        if (bytesRead === 0) throw new ObjectStoreError(`${file} has become shorter.`);
        read += bytesRead;
      }
      return bytes.buffer;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw explained(error);
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Errors of the file system as ours; others, such as those of the content, as they are. */
function explained(error: unknown): unknown {
  const { syscall, message } = error as NodeJS.ErrnoException;
  return syscall === undefined ? error : new ObjectStoreError(message);
}
