import type { Measured } from '../freshness/freshness.ts';
import type { Question } from './questions/question.ts';

/**
 * One source of entities: a shard's primary, one of its replicas, or ClickHouse. Every answer carries the watermark that
 * was measured in the same snapshot as its data.
 */
export interface EntityReader {
  /**
   * @param signal ends the statement when it is aborted.
   * @param knownForMs how long ago, in milliseconds, a watermark that the answer states may have been read before its data was; 0 unless given: it is read for this answer.
   * @throws AtlasError SHARD_UNAVAILABLE or ANALYTICS_UNAVAILABLE if the source does not answer, TIMEOUT past its
   * deadline, or the signal's reason; never a driver's error.
   */
  ask<Part>(question: Question<Part, unknown>, signal: AbortSignal, knownForMs?: number): Promise<Measured<Part>>;
}
