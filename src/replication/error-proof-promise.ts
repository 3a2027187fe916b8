import { EventEmitter } from 'node:events';

/**
 * For pg's option `Promise`. pg-logical-replication listens for errors of its client one turn after `connect` has
 * resolved; a server that cuts the connection in the same packet would raise an error that nobody handles, and end the
 * process. Here whatever client a promise resolves to has a listener before that turn. The loss is not missed: the
 * client refuses its next statement.
 */
export class ErrorProofPromise<T> extends Promise<T> {
  constructor(executor: (resolve: (value: T | PromiseLike<T>) => void, reject: (reason?: unknown) => void) => void) {
    super((resolve, reject) =>
      executor((value) => {
        if (value instanceof EventEmitter) value.on('error', () => {});
        resolve(value);
      }, reject),
    );
  }
}
