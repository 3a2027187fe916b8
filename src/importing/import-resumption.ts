import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ImportCheckpoints, StoredCheckpoint } from '../datasources/import-checkpoints.ts';
import type { AttributeDefinition } from '../domain/catalog/attribute.ts';
import { AtlasError } from '../domain/errors.ts';
import type { TenantId } from '../domain/identifiers.ts';
import { canonicalJson } from '../lib/canonical-json.ts';
import type { Clock } from '../lib/clock.ts';
import type { IdSource } from './row-identity.ts';

/** Between two checkpoints: what an interrupted import repeats at most, beside the batches that were under way. */
const PERIOD_MS = 1_000;
/** Of more refused rows, none is kept, and an interrupted import continues before them. */
const MOST_REFUSED = 10_000;

export interface ResumptionOptions {
  readonly checkpoints: ImportCheckpoints;
  /** See contentDigest. */
  readonly content: string;
  /** Whether to begin anew, whatever an earlier run has written. */
  readonly restart: boolean;
  readonly clock: Clock;
}

/** SHA-256 of what a file contains, as it is stored. @throws Error of the file system. */
export async function contentDigest(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * What two runs have in common of which the second may skip what the first has done: content, tenant, and everything that decides which
 * entity a row becomes and which values it gets. An attribute that was deleted and defined again is another one.
 */
export function importId(
  content: string,
  given: {
    readonly type: string | null;
    readonly ids: IdSource;
    readonly attributes: ReadonlyMap<string, AttributeDefinition>;
  },
): string {
  const ids = given.ids.kind === 'base' ? { ...given.ids, base: String(given.ids.base) } : given.ids;
  const attributes = [...given.attributes].map(([column, { id }]) => [column, id]);
  const text = canonicalJson(JSON.parse(JSON.stringify([content, given.type, ids, attributes])));
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Skips the rows that an earlier run of the same import has done, and remembers those that this one does. The process may be killed at any
 * moment: a row is skipped only if it had its outcome before it was noted.
 */
export class ImportResumption {
  readonly #options: ResumptionOptions;
  readonly #tenantId: TenantId;
  readonly #id: string;
  readonly #before: StoredCheckpoint | null;
  readonly #refusedBefore: ReadonlySet<number>;
  /** In the order of rows. */
  readonly #underWay = new Set<number>();
  readonly #refused: number[];
  #last = 0;
  #savedAt: number;
  #saved = 0;

  private constructor(options: ResumptionOptions, tenantId: TenantId, id: string, before: StoredCheckpoint | null) {
    this.#options = options;
    this.#tenantId = tenantId;
    this.#id = id;
    this.#before = before;
    this.#refusedBefore = new Set(before?.refused);
    this.#refused = [];
    this.#savedAt = options.clock.now();
    this.#saved = before?.rows ?? 0;
  }

  /** @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT */
  static async begin(options: ResumptionOptions, tenantId: TenantId, id: string): Promise<ImportResumption> {
    if (options.restart) await options.checkpoints.remove(tenantId, id);
    const before = options.restart ? null : await options.checkpoints.read(tenantId, id);
    return new ImportResumption(options, tenantId, id, before);
  }

  /** Where an earlier run was interrupted; null if there was none. */
  get before(): StoredCheckpoint | null {
    return this.#before;
  }

  /** Whether an earlier run has written the row. */
  isDone(row: number): boolean {
    return this.#before !== null && row <= this.#before.rows && !this.#refusedBefore.has(row);
  }

  /** A row that needs no write, or is rejected without one. Call this or `begins` for each row, in their order. */
  passes(row: number): void {
    this.#last = row;
  }

  begins(row: number): void {
    this.#last = row;
    this.#underWay.add(row);
  }

  /** The row has its final outcome. */
  ends(row: number, isRefused: boolean): void {
    this.#underWay.delete(row);
    if (isRefused) this.#refused.push(row);
  }

  /** Notes now and then how far the import has come. A shard that does not answer is no reason to stop: its rows will be. */
  async note(): Promise<void> {
    if (this.#options.clock.now() - this.#savedAt >= PERIOD_MS) await this.noteNow();
  }

  async noteNow(): Promise<void> {
    const [first = this.#last + 1] = this.#underWay;
    const rows = first - 1;
    const refused = this.#refused.filter((row) => row <= rows);
    if (rows <= this.#saved || refused.length > MOST_REFUSED) return;
    this.#savedAt = this.#options.clock.now();
    if (await this.#try((checkpoints) => checkpoints.write(this.#tenantId, this.#id, { rows, refused }))) {
      this.#saved = rows;
    }
  }

  /** Everything is done: the same import, run again, is a new one. */
  async end(): Promise<void> {
    await this.#try((checkpoints) => checkpoints.remove(this.#tenantId, this.#id));
  }

  async #try(work: (checkpoints: ImportCheckpoints) => Promise<void>): Promise<boolean> {
    try {
      await work(this.#options.checkpoints);
      return true;
    } catch (error) {
      if (error instanceof AtlasError) return false;
      throw error;
    }
  }
}
