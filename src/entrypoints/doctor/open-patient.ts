import { resolve } from 'node:path';
import { ConfigError, parseShards, type ShardConfig } from '../../config/config.ts';
import type { ExaminedConfig } from '../../config/examine-config.ts';
import type { Settings } from '../../config/settings.ts';
import { explainClickHouseFailure } from '../../connections/clickhouse/explain-clickhouse-failure.ts';
import { addressOf } from '../../connections/connect-failure.ts';
import { explainPostgresFailure } from '../../connections/postgres/explain-postgres-failure.ts';
import { PostgresPool } from '../../connections/postgres/postgres-pool.ts';
import type { ShardEndpoints } from '../../domain/shard.ts';
import { readStackFile } from '../../embedded/home/stack-file.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import type { Logger } from '../../observability/logger.ts';
import { remoteClickHouse } from '../wiring/open-databases.ts';
import { noShards } from '../wiring/shards-of.ts';
import { duration, type Finding, fail, ok } from './finding.ts';
import type { ExaminedServer, Patient } from './patient.ts';

/** No check needs longer. */
const STATEMENT_TIMEOUT_MS = 10_000;

type Connected<T> = { readonly finding: Finding; readonly opened: T | null };

/** Connects to everything that is configured, or to the embedded stack that runs. The lifecycle closes the connections. */
export async function openPatient(
  { settings, faults }: ExaminedConfig,
  lifecycle: Lifecycle,
  logger: Logger,
): Promise<Patient> {
  const stack = settings.ATLAS_SHARDS === undefined ? readStackFile(settings.ATLAS_HOME) : null;
  const shards = shardsOf(settings, stack?.shards ?? null);
  const shardConfig = 'faults' in shards ? null : shards;
  const postgres = await Promise.all(
    (shardConfig?.shards ?? []).flatMap(({ id, primary, replicas }) => [
      connectPostgres(
        { name: `primary of shard ${id}`, shard: id, role: 'primary', url: primary },
        settings,
        lifecycle,
        logger,
      ),
      ...replicas.map((url, index) => {
        const name = `replica ${replicas.length > 1 ? `${index + 1} ` : ''}of shard ${id}`;
        return connectPostgres({ name, shard: id, role: 'replica', url }, settings, lifecycle, logger);
      }),
    ]),
  );
  const url = stack === null ? settings.ATLAS_CLICKHOUSE_URL : undefined;
  const clickhouse = url === undefined ? null : await connectClickHouse(url, settings, lifecycle);
  return {
    settings,
    faults: [...faults, ...('faults' in shards ? shards.faults.filter((fault) => !faults.includes(fault)) : [])],
    shardConfig,
    servers: postgres.flatMap(({ opened }) => (opened === null ? [] : [opened])),
    clickhouse: clickhouse?.opened ?? null,
    connections: [...postgres, ...(clickhouse === null ? [] : [clickhouse])].map(({ finding }) => finding),
    stack: stack === null ? null : { home: resolve(settings.ATLAS_HOME), http: stack.http },
  };
}

function shardsOf(settings: Settings, embedded: readonly ShardEndpoints[] | null): ShardConfig | ConfigError {
  if (embedded !== null) return { placement: { kind: 'hash' }, shards: embedded };
  if (settings.ATLAS_SHARDS === undefined) return noShards(settings);
  try {
    return parseShards(settings.ATLAS_SHARDS);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

interface Listed {
  readonly name: string;
  readonly shard: string;
  readonly role: 'primary' | 'replica';
  readonly url: string;
}

async function connectPostgres(
  { name, shard, role, url }: Listed,
  { ATLAS_CONNECT_TIMEOUT_MS: connectTimeoutMs }: Settings,
  lifecycle: Lifecycle,
  logger: Logger,
): Promise<Connected<ExaminedServer>> {
  const database = new PostgresPool({
    ...{ shard, role, url, size: 2, connectTimeoutMs, statementTimeoutMs: STATEMENT_TIMEOUT_MS },
    ...{ applicationName: 'atlas doctor', logger },
  });
  lifecycle.add(`connections to the ${name}`, () => database.close());
  try {
    await database.query({ text: 'SELECT 1', values: [] });
    const startedAt = performance.now();
    await database.query({ text: 'SELECT 1', values: [] });
    const finding = ok(
      `The ${name} (${addressOf(url, '5432')}) answers in ${duration(performance.now() - startedAt)}.`,
    );
    return { finding, opened: { name, database } };
  } catch (error) {
    return { finding: fail(explainPostgresFailure(error, database, url).message), opened: null };
  }
}

async function connectClickHouse(
  url: string,
  settings: Settings,
  lifecycle: Lifecycle,
): Promise<Connected<Patient['clickhouse']>> {
  try {
    const timeoutMs = settings.ATLAS_CONNECT_TIMEOUT_MS;
    const database = await remoteClickHouse(lifecycle, url, settings)('doctor', 1, { timeoutMs });
    await database.query('SELECT 1');
    const startedAt = performance.now();
    await database.query('SELECT 1');
    const name = addressOf(url, url.startsWith('https:') ? '443' : '80');
    const finding = ok(`ClickHouse (${name}) answers in ${duration(performance.now() - startedAt)}.`);
    return { finding, opened: database };
  } catch (error) {
    return { finding: fail(explainClickHouseFailure(error, url).message), opened: null };
  }
}
