import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import type { ProcessRole } from '../../src/domain/atlas-role.ts';
import { freePorts } from '../../src/embedded/free-ports.ts';
import { initialiseCluster } from '../../src/embedded/postgres/initialise-cluster.ts';
import { findPostgresPlace } from '../../src/embedded/postgres/postgres-place.ts';
import { ServerProcess } from '../../src/embedded/postgres/server-process.ts';
import { connectionUri, primarySettings } from '../../src/embedded/postgres/server-settings.ts';
import { createLogger } from '../../src/observability/logger.ts';

export interface ScratchPostgres {
  /** Creates a database on the server and opens connections to it. */
  database(name: string, connections: number): Promise<PostgresPool>;
  /** Opens connections to a database that exists, which act as the role if one is given. */
  open(name: string, connections: number, actAs?: ProcessRole): PostgresPool;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

const PASSWORD = 'bench';

/** A server with the settings of an embedded primary, in a temporary directory. */
export async function startScratchPostgres(): Promise<ScratchPostgres> {
  const home = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
  const place = await findPostgresPlace(home, () => {});
  const dataDirectory = join(place.directory, 'data');
  await initialiseCluster({ ...place, dataDirectory, password: PASSWORD, durable: false });
  const [port = 0] = await freePorts([null]);
  const server = new ServerProcess({
    name: 'bench',
    ...place,
    dataDirectory,
    logFile: join(place.directory, 'log'),
    settings: primarySettings({ port, maxSlotWalBytes: 2 ** 30 }),
  });
  await server.start();
  const pools: PostgresPool[] = [];
  const open = (database: string, size: number, actAs?: ProcessRole) => {
    const pool = new PostgresPool({
      ...(actAs === undefined ? {} : { actAs }),
      shard: 's0',
      role: 'primary',
      url: connectionUri(port, PASSWORD).replace(/[^/]*$/, database),
      size,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 0,
      applicationName: 'atlas-bench',
      logger: createLogger('silent'),
    });
    pools.push(pool);
    return pool;
  };
  const administration = open('postgres', 1);
  return {
    async database(name, connections) {
      await administration.query({ text: `CREATE DATABASE ${name}`, values: [] });
      return open(name, connections);
    },
    open,
    async stop() {
      await Promise.all(pools.map((pool) => pool.close()));
      await server.stop();
      rmSync(place.directory, { recursive: true, force: true });
      rmSync(home, { recursive: true, force: true });
    },
  };
}
