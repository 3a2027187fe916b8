import type { FreshnessRequirement, ReadFreshness } from '../freshness/freshness.ts';
import type { Question } from './questions/question.ts';

/** An answer with the freshness of each (shard, source) that contributed to it. */
export interface Routed<Answer> {
  readonly data: Answer;
  /** Never empty. */
  readonly reads: readonly ReadFreshness[];
  /** How many entities of the answer came from each read, in their order. */
  readonly entities: readonly number[];
  /** How long each read took, in milliseconds, with the sources that were tried before. */
  readonly ms: readonly number[];
}

/** The reads of one request, over all shards and sources. */
export interface RoutedReads {
  /**
   * The answer satisfies the requirement, or is marked `stale`.
   * @throws AtlasError FRESHNESS_UNAVAILABLE | SHARD_UNAVAILABLE | ANALYTICS_UNAVAILABLE | TIMEOUT, or that of the
   * question's own bound.
   */
  ask<Part, Answer>(question: Question<Part, Answer>, requirement: FreshnessRequirement): Promise<Routed<Answer>>;
}
