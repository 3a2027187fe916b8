import type { EventEmitter } from 'node:events';
import type { LogicalReplicationService } from 'pg-logical-replication';

/**
 * The library listens for errors of its client one turn after the client has connected: a server that cuts the
 * connection in the same packet raises an error that nobody handles, which would end the process. Here the client has a
 * listener from the moment the library has made it. The loss is not missed: the client refuses its next statement.
 */
export function listenForErrors(service: LogicalReplicationService): void {
  let client: EventEmitter | null = null;
  Object.defineProperty(service, '_client', {
    get: () => client,
    set: (made: EventEmitter | null) => {
      made?.on('error', () => {});
      client = made;
    },
  });
}
