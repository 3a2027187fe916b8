import pg from 'pg';
import { AtlasError } from '../../domain/errors.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { DatabaseError } from '../database-error.ts';

export interface ServerName {
  readonly shard: ShardId;
  readonly role: 'primary' | 'replica';
}

/** The server cannot serve us now: connection exceptions, starting up, shutting down, full, or not who it should be. */
const UNAVAILABLE = /^(08...|28...|3D000|53300|57P0[1-5]|25006)$/;
const CANCELLED = /^(57014|25P0[34]|55P03)$/;
const SERIALIZATION_FAILURE = '40001';

/** Driver errors that are about the connection carry no SQLSTATE, but a system error code or one of pg's own messages. */
const CONNECTION_LOST = /connect|not queryable|pool|timeout expired|SSL|SASL/i;
const READ_TIMEOUT = 'Query read timeout';

/** @returns AtlasError SHARD_UNAVAILABLE | TIMEOUT, a DatabaseError, or `error` itself where no database raised it. */
export function translatePostgresError(error: unknown, server: ServerName): unknown {
  if (error instanceof pg.DatabaseError) {
    const sqlState = error.code ?? '';
    // A replica cancels reads that hold back replay with the code of a serialization failure.
    if (UNAVAILABLE.test(sqlState) || (server.role === 'replica' && sqlState === SERIALIZATION_FAILURE)) {
      return unavailable(server, error);
    }
    if (CANCELLED.test(sqlState)) return timeout(server, error);
    return new DatabaseError(error.message, { sqlState, constraint: error.constraint });
  }
  if (!(error instanceof Error)) return error;
  if (error.message === READ_TIMEOUT) return timeout(server, error);
  if (isSystemError(error) || CONNECTION_LOST.test(error.message)) return unavailable(server, error);
  return error;
}

function isSystemError(error: Error): boolean {
  return error instanceof AggregateError || typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

function unavailable({ shard, role }: ServerName, cause: Error): AtlasError {
  return new AtlasError('SHARD_UNAVAILABLE', `The ${role} of shard ${shard} does not answer: try again shortly.`, {
    cause,
    details: { shard },
  });
}

function timeout({ shard, role }: ServerName, cause: Error): AtlasError {
  return new AtlasError('TIMEOUT', `The ${role} of shard ${shard} took too long: ask for less, or try again.`, {
    cause,
    details: { shard },
  });
}
