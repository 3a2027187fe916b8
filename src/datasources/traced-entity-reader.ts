import type { DataSource, Measured } from '../freshness/freshness.ts';
import type { Tracing } from '../observability/tracing.ts';
import type { EntityReader } from './entity-reader.ts';
import type { Question } from './questions/question.ts';

/** A reader whose attempts have spans: a read that falls back has one for each source that it tried. */
export class TracedEntityReader implements EntityReader {
  readonly #reader: EntityReader;
  readonly #source: DataSource;
  /** Null for ClickHouse, which answers for all. */
  readonly #shard: string | null;
  readonly #tracing: Tracing;

  constructor(reader: EntityReader, source: DataSource, shard: string | null, tracing: Tracing) {
    this.#reader = reader;
    this.#source = source;
    this.#shard = shard;
    this.#tracing = tracing;
  }

  ask<Part>(question: Question<Part, unknown>, signal: AbortSignal, knownForMs?: number): Promise<Measured<Part>> {
    const attributes = { 'atlas.source': this.#source, 'atlas.shard': this.#shard ?? 'all' };
    return this.#tracing.span(`try ${this.#source}`, { kind: 'internal', attributes }, () =>
      this.#reader.ask(question, signal, knownForMs),
    );
  }
}
