import { AtlasError } from '../../domain/errors.ts';
import { addressOf, type ConnectFailure, codeOf, networkFault } from '../connect-failure.ts';
import { certificateFault } from '../tls-failure.ts';
import type { ServerName } from './translate-postgres-error.ts';

const NO_TLS = 'The server does not support SSL connections';

/** @param error as a pool or session raised it. @param url of the server, as a libpq URI. */
export function explainPostgresFailure(error: unknown, { shard, role }: ServerName, url: string): ConnectFailure {
  const cause = error instanceof AtlasError ? (error.cause ?? error) : error;
  const who = `The ${role} of shard ${shard} (${addressOf(url, '5432')})`;
  const fault = permanentFault(cause, url);
  if (fault !== null) return { message: `${who} ${fault}.`, mayPass: false };
  // It has answered, but as a standby, or with all its connections in use.
  if (cause instanceof AtlasError) return { message: cause.message, mayPass: true };
  return { message: `${who} cannot be reached: ${networkFault(cause)}; start it, or correct its URL.`, mayPass: true };
}

/** `migrate` gives these roles their passwords. */
const PASSWORD_SETTINGS: Readonly<Record<string, string>> = {
  atlas_serve: 'ATLAS_SERVE_PASSWORD',
  atlas_replicate: 'ATLAS_REPLICATE_PASSWORD',
};

function permanentFault(error: unknown, url: string): string | null {
  const text = error instanceof Error ? error.message : '';
  if (text === NO_TLS)
    return 'offers no TLS, which its URL asks for; turn "ssl" on there, or set sslmode=disable in the URL';
  const code = codeOf(error);
  switch (code) {
    case '28P01': {
      const setting = URL.canParse(url) ? PASSWORD_SETTINGS[new URL(url).username] : undefined;
      const migrate = setting === undefined ? '' : `run "atlas migrate" with the password in ${setting}, or `;
      return `refuses the password, or has no such role; ${migrate}correct ATLAS_SHARDS`;
    }
    case '28000':
      return text.includes('no encryption')
        ? `takes no unencrypted connection (${text}); set sslmode=verify-full in its URL, or allow this host in its pg_hba.conf`
        : `takes no connection (${text}); allow it in its pg_hba.conf, or correct ATLAS_SHARDS`;
    case '3D000':
      return `has no such database (${text}); create it, or correct ATLAS_SHARDS`;
    case '22023': {
      const unknown = /^role "(\w+)" does not exist$/.exec(text)?.[1];
      return unknown === undefined ? null : `has no role ${unknown}; run "atlas migrate"`;
    }
    case '42501': {
      const refused = /^permission denied to set role "(\w+)"$/.exec(text)?.[1];
      if (refused !== undefined) return `does not let its role act as ${refused}; GRANT ${refused} TO it`;
      return `does not let the role connect (${text}); GRANT CONNECT ON DATABASE to it`;
    }
    case 'ENOENT':
    case 'EACCES':
      return `has a URL that names a file that cannot be read (${text}); correct ATLAS_SHARDS`;
    default:
      return certificateFault(code, "name the authority's certificate with sslrootcert=<file> in its URL");
  }
}
