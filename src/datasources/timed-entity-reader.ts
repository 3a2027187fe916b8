import type { DataSource, Measured } from '../freshness/freshness.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { EntityReader } from './entity-reader.ts';
import type { Question } from './questions/question.ts';

/** Measures how long a reader takes for each question, also if it fails. */
export class TimedEntityReader implements EntityReader {
  readonly #reader: EntityReader;
  readonly #source: DataSource;
  readonly #duration: Metrics['readDuration'];

  constructor(reader: EntityReader, source: DataSource, { readDuration }: Pick<Metrics, 'readDuration'>) {
    this.#reader = reader;
    this.#source = source;
    this.#duration = readDuration;
  }

  async ask<Part>(
    question: Question<Part, unknown>,
    signal: AbortSignal,
    knownForMs?: number,
  ): Promise<Measured<Part>> {
    const startedAt = performance.now();
    try {
      return await this.#reader.ask(question, signal, knownForMs);
    } finally {
      const labels = { source: this.#source, operation: question.name };
      this.#duration.observe(labels, (performance.now() - startedAt) / 1_000);
    }
  }
}
