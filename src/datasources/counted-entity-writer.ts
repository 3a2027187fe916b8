import type { Author } from '../domain/caller.ts';
import type { EntityId } from '../domain/identifiers.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { EntityWrite, EntityWriter, WriteOutcome, WriteResult } from './entity-writer.ts';

type Operation = 'upsert' | 'delete';

const OUTCOMES = { CREATED: 'created', UPDATED: 'updated', UNCHANGED: 'unchanged', FAILED: 'failed' } as const;

/** Counts the entities that a writer writes, by what became of them, and measures how long it takes. */
export class CountedEntityWriter implements EntityWriter {
  readonly #writer: EntityWriter;
  readonly #metrics: Pick<Metrics, 'writes' | 'writeDuration'>;

  constructor(writer: EntityWriter, metrics: Pick<Metrics, 'writes' | 'writeDuration'>) {
    this.#writer = writer;
    this.#metrics = metrics;
  }

  async upsert(
    author: Author,
    writes: readonly EntityWrite[],
    signal?: AbortSignal,
  ): Promise<WriteResult<readonly WriteOutcome[]>> {
    const result = await this.#timed('upsert', writes.length, signal, () =>
      this.#writer.upsert(author, writes, signal),
    );
    for (const { status } of result.outcome) this.#metrics.writes.count(['upsert', OUTCOMES[status]]);
    return result;
  }

  async delete(
    author: Author,
    id: EntityId,
    expectedVersion: bigint | null,
    signal?: AbortSignal,
  ): Promise<WriteResult<boolean>> {
    const result = await this.#timed('delete', 1, signal, () =>
      this.#writer.delete(author, id, expectedVersion, signal),
    );
    this.#metrics.writes.count(['delete', result.outcome ? 'deleted' : 'unchanged']);
    return result;
  }

  /** Whether a write that ended with its request took effect is unknown. */
  async #timed<T>(
    operation: Operation,
    entities: number,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const end = this.#metrics.writeDuration.startTimer({ operation });
    try {
      return await work();
    } catch (error) {
      this.#metrics.writes.count([operation, signal?.aborted ? 'unknown' : 'failed'], entities);
      throw error;
    } finally {
      end();
    }
  }
}
