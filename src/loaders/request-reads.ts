import type { Question } from '../datasources/questions/question.ts';
import type { Routed, RoutedReads } from '../datasources/routed-reads.ts';
import type { ReadRouter } from '../datasources/routing/read-router.ts';
import type { FreshnessRequirement } from '../freshness/freshness.ts';
import type { FreshnessCollector } from '../freshness/freshness-summary.ts';

export interface RequestReadsOptions {
  readonly router: Pick<ReadRouter, 'ask'>;
  /** The signal of the request. */
  readonly signal: AbortSignal;
  readonly collector: Pick<FreshnessCollector, 'add'>;
}

/** The reads of one request. They end with it, and each is recorded in its freshness. */
export class RequestReads implements RoutedReads {
  readonly #options: RequestReadsOptions;

  constructor(options: RequestReadsOptions) {
    this.#options = options;
  }

  async ask<Part, Answer>(
    question: Question<Part, Answer>,
    requirement: FreshnessRequirement,
  ): Promise<Routed<Answer>> {
    const { router, signal, collector } = this.#options;
    const answer = await router.ask(question, requirement, signal);
    for (const [index, read] of answer.reads.entries()) collector.add(read, answer.entities[index] ?? 0);
    return answer;
  }
}
