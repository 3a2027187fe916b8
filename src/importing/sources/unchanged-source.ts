import { stat } from 'node:fs/promises';
import { AtlasError } from '../../domain/errors.ts';
import type { RowSource, SourceRow } from './row-source.ts';

/** So many rows may be read from a file that has changed before it is noticed. */
const CHECKED_ROWS = 1000;

/**
 * A source whose file must stay as it was when it was opened: columns are inferred in one pass and rows are written in another, so that
 * a file that changes in between would lose values without a word.
 */
export class UnchangedSource implements RowSource {
  private constructor(
    readonly source: RowSource,
    readonly path: string,
    readonly state: string | null,
  ) {}

  static async of(source: RowSource, path: string): Promise<UnchangedSource> {
    return new UnchangedSource(source, path, await stateOf(path));
  }

  get name(): string {
    return this.source.name;
  }

  get untyped(): boolean {
    return this.source.untyped;
  }

  /** @throws AtlasError BAD_USER_INPUT if the file has changed, or as the source does. */
  async *rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow> {
    await this.#check();
    let rows = 0;
    try {
      for await (const row of this.source.rows(advance)) {
        if (rows++ % CHECKED_ROWS === 0) await this.#check();
        yield row;
      }
    } catch (error) {
      // What is wrong with the rows of a file that has changed does not matter.
      await this.#check();
      throw error;
    }
    await this.#check();
  }

  async #check(): Promise<void> {
    if ((await stateOf(this.path)) === this.state) return;
    throw new AtlasError(
      'BAD_USER_INPUT',
      `${this.path} was changed or removed while it was read. Rows already written are kept; import the file again once it is complete.`,
    );
  }
}

/** Null if the file cannot be read. */
async function stateOf(path: string): Promise<string | null> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join();
  } catch {
    return null;
  }
}
