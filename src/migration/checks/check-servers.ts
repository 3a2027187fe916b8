import { explainPostgresFailure } from '../../connections/postgres/explain-postgres-failure.ts';
import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { ShardEndpoints } from '../../domain/shard.ts';
import type { Logger } from '../../observability/logger.ts';
import { MigrationError } from '../migration-error.ts';
import { readServerFacts } from './server-facts.ts';
import { PRIVILEGES, type Purpose, serverFaults } from './server-faults.ts';

/** The connections to the servers of one shard. */
export interface ShardServers {
  readonly endpoints: ShardEndpoints;
  readonly primary: PostgresDatabase;
  /** In the order of the endpoints; none if they are not used. */
  readonly replicas: readonly PostgresDatabase[];
}

interface Found {
  /** Sentences about what only an operator can repair. */
  readonly faults: readonly string[];
  /** Why it does not answer; null if it does. */
  readonly unreachable: string | null;
  readonly retainsUnlimitedWal: boolean;
}

/**
 * Checks that every server can do what the command needs: connection, password, TLS, version, wal_level, rights. `migrate` needs
 * all of them; the others start without a server that does not answer, since it may come back, but not with one that only an
 * operator can repair, so that a mistake in the configuration shows when it is made.
 * @throws MigrationError with one sentence per fault.
 */
export async function checkServers(shards: readonly ShardServers[], purpose: Purpose, logger: Logger): Promise<void> {
  const found = await Promise.all(
    shards.flatMap(({ endpoints, primary, replicas }, index) => [
      check(primary, endpoints.primary, index > 0, purpose),
      ...replicas.map((replica, place) => check(replica, endpoints.replicas[place] ?? '', false, purpose)),
    ]),
  );
  const unreachable = found.flatMap(({ unreachable: sentence }) => (sentence === null ? [] : [sentence]));
  const cannotStart = purpose === 'migrate' ? unreachable.length > 0 : unreachable.length === found.length;
  const faults = [...found.flatMap((one) => one.faults), ...(cannotStart ? unreachable : [])];
  if (faults.length > 0) throw new MigrationError([...new Set(faults)].join('\n'));
  for (const reason of unreachable) logger.warn({ reason }, 'starting without a server that does not answer');
  const unlimited = found.flatMap((one, index) => (one.retainsUnlimitedWal ? [names(shards)[index]] : []));
  if (unlimited.length > 0 && purpose !== 'migrate') {
    logger.warn(
      { shards: unlimited },
      'max_slot_wal_keep_size is unlimited: while change capture is stopped, WAL can fill the disk of the primary; set a limit',
    );
  }
}

/** Of each server, in the order in which they are checked. */
function names(shards: readonly ShardServers[]): string[] {
  return shards.flatMap(({ endpoints, replicas }) => [endpoints.id, ...replicas.map(() => endpoints.id)]);
}

async function check(server: PostgresDatabase, url: string, subscribes: boolean, purpose: Purpose): Promise<Found> {
  const { shard, role } = server;
  try {
    const facts = await readServerFacts(server, role === 'primary' ? PRIVILEGES[purpose] : []);
    const faults = serverFaults(facts, { role, subscribes }, purpose);
    return {
      faults: faults.map((fault) => `The ${role} of shard ${shard} ${fault}.`),
      unreachable: null,
      retainsUnlimitedWal: role === 'primary' && facts.maxSlotWalMb < 0,
    };
  } catch (error) {
    if (!(error instanceof AtlasError)) throw error;
    const { message, mayPass } = explainPostgresFailure(error, server, url);
    return { faults: mayPass ? [] : [message], unreachable: mayPass ? message : null, retainsUnlimitedWal: false };
  }
}
