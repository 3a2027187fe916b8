import { AtlasError } from '../../domain/errors.ts';
import { addressOf, type ConnectFailure, codeOf, networkFault } from '../connect-failure.ts';
import { DatabaseError } from '../database-error.ts';
import { certificateFault } from '../tls-failure.ts';
import { serversOf } from './clickhouse-client.ts';

/** @param error as a pool raised it. @param url as in ATLAS_CLICKHOUSE_URL. */
export function explainClickHouseFailure(error: unknown, url: string): ConnectFailure {
  const cause = error instanceof AtlasError ? (error.cause ?? error) : error;
  const addresses = serversOf(url).map((server) => addressOf(server, server.startsWith('https:') ? '443' : '80'));
  const who = `ClickHouse (${addresses.join(', ')})`;
  const fault = permanentFault(cause);
  if (fault !== null) return { message: `${who} ${fault}.`, mayPass: false };
  if (cause instanceof AtlasError)
    return { message: `${who} does not answer; start it, or correct its URL.`, mayPass: true };
  return { message: `${who} cannot be reached: ${networkFault(cause)}; start it, or correct its URL.`, mayPass: true };
}

/** Error numbers of ClickHouse: src/Common/ErrorCodes.cpp. */
function permanentFault(error: unknown): string | null {
  const code = error instanceof DatabaseError ? String(error.code) : codeOf(error);
  switch (code) {
    case '81':
      return 'has no such database; create it, or correct ATLAS_CLICKHOUSE_URL';
    case '192':
    case '193':
    case '194':
    case '516':
      return 'refuses the user or the password; correct ATLAS_CLICKHOUSE_URL';
    case '497':
      return 'does not give its user the rights that Atlas needs; grant it SELECT, INSERT, ALTER, CREATE and DROP on its database, and SELECT on system.settings';
    case 'EPROTO':
      return 'offers no TLS, which its URL asks for; use http://, or the port for HTTPS';
    default:
      return certificateFault(code, "name the file of the authority's certificate in ATLAS_CLICKHOUSE_CA");
  }
}
