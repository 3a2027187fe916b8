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
  /** Whether the questions are kept with their inputs, to be explained. */
  readonly keepsQuestions?: boolean;
}

/** A question with what answered it. */
export interface KeptQuestion extends Pick<Routed<unknown>, 'reads' | 'ms'> {
  readonly question: Question<unknown, unknown>;
}

/** One question that a request has asked, without its input. Moments are on the clock of `performance.now()`. */
export interface AskedQuestion {
  /** Its name. */
  readonly question: string;
  readonly requirement: FreshnessRequirement;
  readonly startedAt: number;
  /** Null while it is under way. */
  outcome:
    | { readonly answer: Omit<Routed<unknown>, 'data'> }
    | { readonly answer: null; readonly error: unknown; readonly endedAt: number }
    | null;
}

/** The reads of one request. They end with it, and each is recorded in its freshness. */
export class RequestReads implements RoutedReads {
  /** In the order in which they were asked. */
  readonly asked: AskedQuestion[] = [];
  /** Those that were answered, if they are kept. */
  readonly kept: KeptQuestion[] = [];
  readonly #options: RequestReadsOptions;

  constructor(options: RequestReadsOptions) {
    this.#options = options;
  }

  async ask<Part, Answer>(
    question: Question<Part, Answer>,
    requirement: FreshnessRequirement,
  ): Promise<Routed<Answer>> {
    const { router, signal, collector, keepsQuestions } = this.#options;
    const asked: AskedQuestion = {
      question: question.name,
      requirement,
      startedAt: performance.now(),
      outcome: null,
    };
    this.asked.push(asked);
    try {
      const answer = await router.ask(question, requirement, signal);
      const { reads, entities, ms } = answer;
      // Without the data, which would otherwise be kept until the request ends.
      asked.outcome = { answer: { reads, entities, ms } };
      if (keepsQuestions === true) this.kept.push({ question: question as Question<unknown, unknown>, reads, ms });
      for (const [index, read] of reads.entries()) collector.add(read, entities[index] ?? 0);
      return answer;
    } catch (error) {
      asked.outcome ??= { answer: null, error, endedAt: performance.now() };
      throw error;
    }
  }
}
