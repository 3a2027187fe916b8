import { describe, expect, it } from 'vitest';
import type { EntityWriter } from '../../src/datasources/entity-writer.ts';
import type { ImportCheckpoint, ImportCheckpoints } from '../../src/datasources/import-checkpoints.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import { type ImportPathsRequest, importPaths } from './import-paths.ts';
import { MemoryStore } from './memory-store.ts';
import { temporaryFile } from './temporary-file.ts';

const ROWS = 3_500;
const limits = { maxValueBytes: 1_048_576, maxListElements: 1_000, maxAttributesPerEntity: 3 };
/** Row 7 is malformed, row 8 is always refused by the store, row 9 has the content of row 10. */
const CONTENT = Array.from({ length: ROWS }, (_, index) => {
  const row = index + 1;
  if (row === 7) return '{"a":';
  return JSON.stringify({ a: row === 9 ? 10 : row, b: row === 8 ? 'refused' : 'kept' });
}).join('\n');

class Killed extends Error {}

/** A process that does at most so many steps against the stores, and is killed in front of the next one. */
class Life {
  writes = 0;
  #left: number;

  constructor(steps: number) {
    this.#left = steps;
  }

  /** Either before the effect, or after it and before anyone has heard of it. */
  async step<T>(effect: () => Promise<T>): Promise<T> {
    if (this.#left-- <= 0) throw new Killed();
    const result = await effect();
    if (this.#left-- <= 0) throw new Killed();
    return result;
  }
}

class Stores {
  readonly entities = new MemoryStore();
  readonly checkpoints = new Map<string, ImportCheckpoint & { readonly writtenAt: Date }>();

  run(file: string, life: Life, options: Partial<ImportPathsRequest> = {}) {
    const writer: EntityWriter = {
      ...this.entities.writer,
      upsert: (author, writes) =>
        life.step(async () => {
          life.writes += writes.length;
          const { outcome, positions } = await this.entities.writer.upsert(author, writes);
          const refused = { status: 'FAILED', error: new AtlasError('ATTRIBUTE_INVALID', 'refused') } as const;
          const isRefused = (index: number) => writes[index]?.set.some(({ value }) => value === 'refused') === true;
          return { positions, outcome: outcome.map((one, index) => (isRefused(index) ? refused : one)) };
        }),
    };
    const checkpoints: ImportCheckpoints = {
      read: async (_, id) => this.checkpoints.get(id) ?? null,
      write: (_, id, checkpoint) =>
        life.step(async () => void this.checkpoints.set(id, { ...checkpoint, writtenAt: new Date(0) })),
      remove: (_, id) => life.step(async () => void this.checkpoints.delete(id)),
    };
    let now = 0;
    const clock = { now: () => (now += 1_000) };
    const rest = { tenantId: 1, catalog: this.entities.catalog, limits, clock };
    return importPaths({ files: [file], idBase: '0', writer, checkpoints, ...rest, ...options });
  }
}

const contentOf = ({ entities: { entities } }: Stores) =>
  [...entities]
    .map((entity) => JSON.stringify(entity))
    .sort()
    .join();
const forever = () => new Life(Number.POSITIVE_INFINITY);

describe('an interrupted import', () => {
  it('is complete after it is run again, wherever it was killed, and writes again only what was under way', async () => {
    const file = temporaryFile('rows.ndjson', CONTENT);
    const whole = new Stores();
    await whole.run(file, forever());
    let isOver = false;
    let skipped = 0;
    for (let steps = 0; !isOver; steps++) {
      const stores = new Stores();
      isOver = await stores.run(file, new Life(steps)).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof Killed)) throw error;
          return false;
        },
      );
      const second = forever();
      const [summary] = await stores.run(file, second);
      expect(contentOf(stores)).toBe(contentOf(whole));
      expect(summary).toMatchObject({ rows: ROWS, rejected: 2, skipped: ROWS - 1 - second.writes });
      expect(stores.checkpoints.size).toBe(0);
      if (!isOver) skipped = Math.max(skipped, summary?.skipped ?? 0);
    }
    expect(skipped).toBeGreaterThan(ROWS / 2);
  }, 30_000);

  it('writes everything if the content, the way it is read or what its columns mean has changed, or if it is told to', async () => {
    const file = temporaryFile('rows.ndjson', CONTENT);
    const interrupted = async () => {
      const stores = new Stores();
      await expect(stores.run(file, new Life(9))).rejects.toThrow(Killed);
      expect(stores.checkpoints.size).toBe(1);
      return stores;
    };
    const second = async (stores: Stores, path = file, options: Partial<ImportPathsRequest> = {}) =>
      (await stores.run(path, forever(), options))[0]?.skipped;

    expect(await second(await interrupted())).toBeGreaterThan(0);
    const renamed = temporaryFile('other-name.ndjson', CONTENT);
    expect(await second(await interrupted(), renamed, { type: 'rows' })).toBeGreaterThan(0);
    expect(await second(await interrupted(), temporaryFile('rows.ndjson', `${CONTENT}\n{"a":0}`))).toBe(0);
    expect(await second(await interrupted(), file, { type: 'other' })).toBe(0);
    expect(await second(await interrupted(), file, { idBase: '1' })).toBe(0);
    expect(await second(await interrupted(), file, { restart: true })).toBe(0);
    const redefined = await interrupted();
    const attribute = redefined.entities.definitions.get('a');
    if (attribute !== undefined) redefined.entities.definitions.set('a', { ...attribute, id: 99 });
    expect(await second(redefined)).toBe(0);
  });
});
