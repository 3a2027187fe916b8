import type { ShardId } from '../domain/identifiers.ts';
import type { DataSource, ReadFreshness } from '../freshness/freshness.ts';
import type { Question } from './questions/question.ts';

/** The statement of a question on one source, with placeholders for its values, and the plan that the source has for it, by line. */
export interface ExplainedStatement {
  readonly statement: string;
  readonly plan: readonly string[];
}

/** A source that can say what it would do. */
export interface ExplainingReader {
  /** Runs nothing. @throws as EntityReader.ask */
  explain(question: Question<unknown, unknown>, signal: AbortSignal): Promise<ExplainedStatement>;
}

export interface ExplainedSources {
  readonly primaries: ReadonlyMap<ShardId, ExplainingReader>;
  /** The first replica of each shard that has one: they have the same tables. */
  readonly replicas: ReadonlyMap<ShardId, ExplainingReader>;
  readonly clickhouse: ExplainingReader | null;
}

/** Explains reads after they were served. */
export class ReadExplainer {
  readonly #sources: ExplainedSources;

  constructor(sources: ExplainedSources) {
    this.#sources = sources;
  }

  /** Null if the source is not there any more. */
  async explain(
    question: Question<unknown, unknown>,
    { source, shard }: Pick<ReadFreshness, 'source' | 'shard'>,
    signal: AbortSignal,
  ): Promise<ExplainedStatement | null> {
    return (await this.#readerOf(source, shard)?.explain(question, signal)) ?? null;
  }

  #readerOf(source: DataSource, shard: ShardId | null): ExplainingReader | null {
    const { primaries, replicas, clickhouse } = this.#sources;
    if (source === 'CLICKHOUSE') return clickhouse;
    const readers = source === 'PRIMARY' ? primaries : replicas;
    return (shard === null ? undefined : readers.get(shard)) ?? null;
  }
}
