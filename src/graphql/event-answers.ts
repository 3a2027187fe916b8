import type { GraphQLFormattedError } from 'graphql';
import type { ErrorCode } from '../domain/errors.ts';
import type { ChangeEvent } from '../feeds/change-selection.ts';
import type { ChangeSubscription } from '../feeds/change-subscription.ts';
import type { Positions } from '../freshness/positions.ts';

interface Answer {
  /** The JSON text of an execution result. */
  readonly body: string;
  readonly hasErrors: boolean;
}

export interface AnswersOptions {
  readonly subscription: ChangeSubscription;
  /** Executes the operation for an event. */
  readonly answer: (event: ChangeEvent) => Promise<Answer>;
  /** What ended the events, for the client. */
  readonly format: (error: unknown) => GraphQLFormattedError;
  /** Called with the code of what ended them. */
  readonly onEnd: (code: string) => void;
  /** From where to continue. */
  readonly cursorAt: (positions: Positions) => string;
}

/** An execution result, as far as it matters here. */
interface Result {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** A client that continues would fail again. */
const NO_CURSOR: ReadonlySet<unknown> = new Set<ErrorCode>(['BAD_USER_INPUT']);

/** The answers to the events of a subscription, one after the other as they are taken. An event that cannot be told ends them before it. */
export class EventAnswers implements AsyncIterator<string, string | null> {
  readonly #options: AnswersOptions;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  async next(): Promise<IteratorResult<string, string | null>> {
    const { subscription, answer, format } = this.#options;
    const before = subscription.at;
    try {
      const next = await subscription.next();
      if (next.done === true) return { done: true, value: null };
      const { body, hasErrors } = await answer(next.value);
      if (!hasErrors) return { done: false, value: body };
      const { data, errors = [] } = JSON.parse(body) as Result;
      if (data != null) return { done: false, value: body };
      return await this.#endWith(errors, before);
    } catch (error) {
      return await this.#endWith([format(error)], before);
    }
  }

  async return(): Promise<IteratorResult<string, string | null>> {
    await this.#options.subscription.return();
    return { done: true, value: null };
  }

  async #endWith(
    errors: readonly GraphQLFormattedError[],
    at: Positions,
  ): Promise<IteratorResult<string, string | null>> {
    await this.#options.subscription.return();
    this.#options.onEnd(String(errors[0]?.extensions?.code));
    const cursor = this.#options.cursorAt(at);
    const told = errors.map((error) =>
      NO_CURSOR.has(error.extensions?.code) ? error : { ...error, extensions: { ...error.extensions, cursor } },
    );
    return { done: true, value: `${JSON.stringify({ errors: told })}\n` };
  }
}
