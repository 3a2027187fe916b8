import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AtlasError } from '../../domain/errors.ts';

/** The standard input, as the name of a file. */
export const STDIN = '-';

/** Copies what can be read only once into files, because an import reads everything twice: to infer columns, and to write. */
export class Spool {
  readonly #stdin: NodeJS.ReadableStream;
  #directory: string | null = null;
  #count = 0;

  constructor(stdin: NodeJS.ReadableStream = process.stdin) {
    this.#stdin = stdin;
  }

  /**
   * The path of a file with the content: that of the file itself, unless it is the standard input or a pipe.
   * @throws AtlasError BAD_USER_INPUT if the content does not fit into the directory for temporary files.
   */
  async pathOf(file: string, signal?: AbortSignal): Promise<string> {
    if (file !== STDIN && !(await isPipe(file))) return file;
    this.#directory ??= mkdtempSync(join(tmpdir(), 'atlas-import-'));
    const path = join(this.#directory, `${++this.#count}-${nameOfInput(file)}`);
    try {
      await pipeline(file === STDIN ? this.#stdin : createReadStream(file), createWriteStream(path), { signal });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
      const message = `There is not enough space for the input in ${tmpdir()}; set TMPDIR to a larger directory, or import a file.`;
      throw new AtlasError('BAD_USER_INPUT', message, { cause });
    }
    return path;
  }

  /** Removes the copies. */
  close(): void {
    if (this.#directory !== null) rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** For messages. */
export function nameOfInput(file: string): string {
  return file === STDIN ? 'stdin' : basename(file);
}

async function isPipe(file: string): Promise<boolean> {
  const status = await stat(file).catch(() => null);
  return status !== null && (status.isFIFO() || status.isSocket() || status.isCharacterDevice());
}
