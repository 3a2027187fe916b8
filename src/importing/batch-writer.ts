import type { EntityWrite, EntityWriter, WriteOutcome } from '../datasources/entity-writer.ts';
import { isListType } from '../domain/catalog/list-types.ts';
import { AtlasError, type ErrorCode } from '../domain/errors.ts';
import type { TenantId } from '../domain/identifiers.ts';
import { Backoff, type BackoffOptions } from '../lifecycle/backoff.ts';
import { importAuthor } from './import-author.ts';
import type { DataRow } from './sources/row-source.ts';

const MAX_ROWS = 1000;
const MAX_VALUES = 20_000;
/** Approximate, in UTF-16 code units of text and JSON. */
const MAX_LENGTH = 4_000_000;
/** Enough to keep every shard busy while the next rows are read. */
const MAX_IN_FLIGHT = 3;

const TRANSIENT: ReadonlySet<ErrorCode> = new Set(['SHARD_UNAVAILABLE', 'TIMEOUT']);

/** How rows on a shard that did not answer are sent again. */
export interface RetryPolicy extends BackoffOptions {
  /** After so many the import fails. */
  readonly retries: number;
}

/** Goes on for a quarter to half a minute. */
export const RETRY: RetryPolicy = { retries: 7, firstMs: 250, longestMs: 15_000 };

export interface PendingRow {
  readonly row: DataRow;
  readonly write: EntityWrite;
}

/**
 * Writes rows in batches, several concurrently. An id must not be added twice, because batches can overtake each other.
 * Rows on a shard that is down are retried; the outcome of every row is reported exactly once.
 */
export class BatchWriter {
  #batch: PendingRow[] = [];
  #values = 0;
  #length = 0;
  readonly #inFlight = new Set<Promise<void>>();
  #failure: unknown = null;

  constructor(
    readonly writer: EntityWriter,
    readonly tenantId: TenantId,
    readonly signal: AbortSignal,
    readonly retry: RetryPolicy,
    readonly onOutcome: (pending: PendingRow, outcome: WriteOutcome) => void,
  ) {}

  /**
   * Returns once there is room for more.
   * @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT if a shard did not answer any of the attempts.
   */
  async add(pending: PendingRow): Promise<void> {
    this.#batch.push(pending);
    for (const { attribute, value } of pending.write.set) {
      // Each element of a list is a row of its own.
      this.#values += isListType(attribute.type) && Array.isArray(value) ? 1 + value.length : 1;
      this.#length += lengthOf(value);
    }
    if (this.#batch.length >= MAX_ROWS || this.#values >= MAX_VALUES || this.#length >= MAX_LENGTH) await this.#send();
  }

  /** Writes the remaining rows and waits until everything is written. @throws as `add`. */
  async finish(): Promise<void> {
    if (this.#batch.length > 0) await this.#send();
    await this.settle();
    if (this.#failure !== null) throw this.#failure;
  }

  /** Waits for the batches being written. Never throws. */
  async settle(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  async #send(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#values = 0;
    this.#length = 0;
    while (this.#inFlight.size >= MAX_IN_FLIGHT) await Promise.race(this.#inFlight);
    if (this.#failure !== null) throw this.#failure;
    const writing: Promise<void> = this.#write(batch)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#inFlight.delete(writing));
    this.#inFlight.add(writing);
  }

  async #write(batch: readonly PendingRow[]): Promise<void> {
    const backoff = new Backoff(this.retry);
    let remaining = batch;
    for (let retries = 0; ; retries++) {
      const { refused, error } = await this.#attempt(remaining);
      if (error === null) return;
      if (retries === this.retry.retries) throw exhausted(error);
      await backoff.wait(this.signal);
      this.signal.throwIfAborted();
      remaining = refused;
    }
  }

  /** Reports final outcomes. Returns the rows to retry. */
  async #attempt(batch: readonly PendingRow[]): Promise<{ refused: PendingRow[]; error: AtlasError | null }> {
    const outcomes = await this.#upsert(batch);
    const refused: PendingRow[] = [];
    let error: AtlasError | null = null;
    batch.forEach((pending, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined) throw new Error('The writer returned fewer outcomes than writes');
      if (outcome.status === 'FAILED' && TRANSIENT.has(outcome.error.code)) {
        refused.push(pending);
        error = outcome.error;
      } else {
        this.onOutcome(pending, outcome);
      }
    });
    return { refused, error };
  }

  async #upsert(batch: readonly PendingRow[]): Promise<readonly WriteOutcome[]> {
    try {
      const { outcome } = await this.writer.upsert(
        importAuthor(this.tenantId),
        batch.map(({ write }) => write),
      );
      return outcome;
    } catch (error) {
      if (!(error instanceof AtlasError && TRANSIENT.has(error.code))) throw error;
      return batch.map(() => ({ status: 'FAILED', error }));
    }
  }
}

function lengthOf(value: EntityWrite['set'][number]['value']): number {
  if (typeof value === 'string') return value.length;
  return value !== null && typeof value === 'object' ? JSON.stringify(value).length : 8;
}

function exhausted(error: AtlasError): AtlasError {
  return new AtlasError(
    error.code,
    `${error.message} The import stopped after several attempts. Rows already written are kept; once the shard is back, run the same import again to continue.`,
    { cause: error },
  );
}
