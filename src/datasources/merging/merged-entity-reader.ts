import { outcomeOf } from '../../domain/source-error.ts';
import type { Measured } from '../../freshness/freshness.ts';
import type { UnchangedEntityReader } from '../clickhouse/unchanged-entity-reader.ts';
import type { EntityReader } from '../entity-reader.ts';
import type { PostgresEntityReader } from '../postgres/reading/postgres-entity-reader.ts';
import type { Question } from '../questions/question.ts';

/** For each of so much cost, one entity may have changed: about twice what looking it up costs; see bench/analytics.ts. */
const COST_PER_CHANGED = 5;
/** So many may have changed whatever the question costs. */
const FEW = 100;

export interface MergedEntityReaderOptions {
  /** A primary or a replica. */
  readonly server: PostgresEntityReader;
  readonly unchanged: UnchangedEntityReader;
  /** What the question must cost the server alone for merging to be tried; see planCost. */
  readonly leastCost: number;
  /** The most entities that may have changed. */
  readonly mostChanged: number;
}

/**
 * Answers for a shard from one of its servers, but leaves the entities that have not changed lately to ClickHouse. What both contribute is the
 * state of the server's snapshot, whose watermark is that of the answer. If that cannot be proved, if too many entities have changed, if
 * the question is cheap for the server, or if ClickHouse does not answer, the server answers alone.
 */
export class MergedEntityReader implements EntityReader {
  readonly #options: MergedEntityReaderOptions;

  constructor(options: MergedEntityReaderOptions) {
    this.#options = options;
  }

  async ask<Part>(question: Question<Part, unknown>, signal: AbortSignal): Promise<Measured<Part>> {
    return (await this.#merged(question, signal)) ?? this.#options.server.ask(question, signal);
  }

  async #merged<Part>(question: Question<Part, unknown>, signal: AbortSignal): Promise<Measured<Part> | null> {
    const { server, unchanged, leastCost, mostChanged } = this.#options;
    if (question.postgres?.selectChanged === undefined) return null;
    const cost = await server.cost(question, signal);
    if (cost < leastCost) return null;
    const copy = await this.#fromClickHouse(() => unchanged.watermark(signal), signal);
    if (copy === null || copy.heartbeatAt === null) return null;
    const most = Math.min(mostChanged, Math.max(FEW, Math.floor(cost / COST_PER_CHANGED)));
    const those = await server.askChanged(question, { heartbeatAt: copy.heartbeatAt, most }, signal);
    if (those === null) return null;
    const others = await this.#fromClickHouse(() => unchanged.ask(question, copy, those.changed, signal), signal);
    return others === null ? null : { ...those.measured, others: others.data };
  }

  /** Null if it does not answer. @throws the signal's reason, and whatever is not about the source. */
  async #fromClickHouse<T>(work: () => Promise<T | null | undefined>, signal: AbortSignal): Promise<T | null> {
    try {
      return (await work()) ?? null;
    } catch (error) {
      signal.throwIfAborted();
      if (outcomeOf(error) === null) throw error;
      return null;
    }
  }
}
