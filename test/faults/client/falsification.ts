import type { Answer, GraphQLRequest } from './answer.ts';

/** Changes what passes between the checker and the servers, so that a correct server looks like one with a fault. */
export interface Falsification {
  readonly name: string;
  request?(request: GraphQLRequest): GraphQLRequest;
  answer?(answer: Answer): Answer;
  /** Invents the answer; the server never gets the request. */
  answerInstead?(
    request: GraphQLRequest,
  ): Pick<Answer, 'status' | 'headers' | 'data' | 'errors' | 'freshness'> | undefined;
}

export const HONEST: Falsification = { name: 'none' };
