import pg from 'pg';
import { AtlasError } from '../../domain/errors.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { SourceError } from '../../domain/source-error.ts';
import { codeOf } from '../connect-failure.ts';
import { DatabaseError } from '../database-error.ts';

export interface ServerName {
  readonly shard: ShardId;
  readonly role: 'primary' | 'replica';
}

/** The server cannot serve us now: connection exceptions, bad credentials, starting up, shutting down, a standby. */
const DOWN = /^(08...|28...|3D000|57P0[1-5]|25006)$/;
/** statement_timeout, lock_timeout, idle_in_transaction_session_timeout, transaction_timeout. */
const SLOW = /^(57014|55P03|25P03|25P04)$/;
const TOO_MANY_CONNECTIONS = '53300';
const SERIALIZATION_FAILURE = '40001';

/**
 * @param error what the driver raised while it connected. Whatever it is, there is no connection.
 * @param isOutOfTime whether the time for it was over. The driver then ends the attempt itself, with an error that has no code.
 */
export function translateConnectError(error: unknown, server: ServerName, isOutOfTime = false): AtlasError {
  if (error instanceof AtlasError) return error;
  if (isOutOfTime && codeOf(error) === '') return late(server, error);
  if (error instanceof pg.DatabaseError && error.code === TOO_MANY_CONNECTIONS) return busy(server, error);
  return down(server, error);
}

/**
 * @param error what the driver raised for one statement. Errors about the connection have neither an SQLSTATE nor a distinct
 * type, so the caller states whether the connection was lost.
 * @returns a SourceError, a DatabaseError, or `error` itself if it is neither the server's nor the connection's.
 */
export function translateStatementError(error: unknown, server: ServerName, connectionLost: boolean): unknown {
  if (!(error instanceof pg.DatabaseError)) return connectionLost ? down(server, error) : error;
  const sqlState = error.code ?? '';
  if (DOWN.test(sqlState)) return down(server, error);
  if (SLOW.test(sqlState)) return slow(server, error);
  if (server.role === 'replica' && sqlState === SERIALIZATION_FAILURE) return conflict(server, error);
  return new DatabaseError(error.message, { sqlState, constraint: error.constraint });
}

/** A connection could not be opened in time: by a server that is gone, or by one that is up but busy. */
export function late(server: ServerName, cause?: unknown): SourceError {
  const { shard, role } = server;
  const message = `The ${role} of shard ${shard} is too busy to open a connection in time; retry.`;
  const ifUp = new SourceError('busy', 'TIMEOUT', message, { cause, details: { shard } });
  return new SourceError('down', 'SHARD_UNAVAILABLE', notAnswering(server), { cause, details: { shard }, ifUp });
}

/** The server cannot be reached, or did not respond in time. */
export function down(server: ServerName, cause?: unknown): SourceError {
  const { shard } = server;
  return new SourceError('down', 'SHARD_UNAVAILABLE', notAnswering(server), { cause, details: { shard } });
}

function notAnswering({ shard, role }: ServerName): string {
  return `The ${role} of shard ${shard} does not answer; retry shortly.`;
}

export function busy({ shard, role }: ServerName, cause?: unknown): SourceError {
  const message = `All connections to the ${role} of shard ${shard} are in use; retry.`;
  return new SourceError('busy', 'TIMEOUT', message, { cause, details: { shard } });
}

function slow({ shard, role }: ServerName, cause: Error): SourceError {
  const message = `A statement on the ${role} of shard ${shard} ran out of time; request less data or retry.`;
  return new SourceError('slow', 'TIMEOUT', message, { cause, details: { shard } });
}

/** A replica cancels a read that holds back replay. Another server may answer it, and this one may answer the next read. */
function conflict({ shard, role }: ServerName, cause: Error): SourceError {
  const message = `The ${role} of shard ${shard} cancelled the read in favour of replication; retry.`;
  return new SourceError('down', 'SHARD_UNAVAILABLE', message, { cause, details: { shard }, responded: true });
}
