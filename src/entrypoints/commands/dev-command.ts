import { join } from 'node:path';
import { DEV_DEFAULTS } from '../../config/command-defaults.ts';
import { isGiven, loadSettings, type ShardConfig } from '../../config/config.ts';
import { SETTINGS, type Settings } from '../../config/settings.ts';
import { trustedDocuments } from '../../config/trusted-documents.ts';
import { openChdb } from '../../connections/clickhouse/chdb-pool.ts';
import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import type { EntityWriter } from '../../datasources/entity-writer.ts';
import type { PostgresAttributeCatalog } from '../../datasources/postgres/catalog/postgres-attribute-catalog.ts';
import { refreshStatistics } from '../../datasources/postgres/writing/refresh-statistics.ts';
import type { ProcessRole } from '../../domain/atlas-role.ts';
import { EmbeddedStack } from '../../embedded/embedded-stack.ts';
import { HomeLock } from '../../embedded/home/home-lock.ts';
import { openHome } from '../../embedded/home/open-home.ts';
import { loadSampleData } from '../../importing/sample-data/load-sample-data.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { migrateClickHouse } from '../../migration/migrate-clickhouse.ts';
import { lockedBy, migrateShards } from '../../migration/migrate-shards.ts';
import { readSigningKey } from '../../migration/signing-key.ts';
import type { Logger } from '../../observability/logger.ts';
import { Metrics } from '../../observability/metrics.ts';
import { EXIT_FAILED } from '../exit-codes.ts';
import { devPort } from '../ports/dev-port.ts';
import { portHolder } from '../ports/port-holder.ts';
import { runService } from '../run-service.ts';
import { clickhouseLimits, type OpenClickHouse, openShardDatabases, ownClickHouse } from '../wiring/open-databases.ts';
import { openObservability } from '../wiring/open-observability.ts';
import type { ServiceEnvironment } from '../wiring/service-environment.ts';
import { startCatalog } from '../wiring/start-catalog.ts';
import { startMonitoring } from '../wiring/start-monitoring.ts';
import { startReplicator } from '../wiring/start-replicator.ts';
import { startSubgraph } from '../wiring/start-subgraph.ts';
import {
  openComparedShards,
  startVerificationMonitor,
  startVerifier,
  verificationRunner,
} from '../wiring/start-verification.ts';
import { resetBeforeStart } from './dev-reset.ts';
import { SampleMarker } from './sample-marker.ts';
import { shownPath } from './shown-path.ts';
import { Terminal } from './terminal.ts';

export interface DevOptions {
  readonly sample: boolean;
  readonly reset?: true;
  readonly yes?: true;
}

/** Owns the sample data, and is the tenant of requests that do not name one. */
const DEV_TENANT = 1;

const PLACEMENT = { kind: 'hash' } as const;

export async function runDev(options: DevOptions): Promise<void> {
  const settings = loadSettings(undefined, DEV_DEFAULTS);
  const documents = trustedDocuments(settings);
  const terminal = new Terminal(process.stdout);
  if (options.reset && !(await resetBeforeStart(settings.ATLAS_HOME, terminal, options.yes !== true))) {
    process.exitCode = EXIT_FAILED;
    return;
  }
  const home = openHome(settings.ATLAS_HOME);
  // Before it is looked for a port: the stack that already runs on the home may have it.
  (await HomeLock.acquire(home)).release();
  // A port that cannot be had is known before anything is started. Another one is chosen when it is needed: two starts may run at once.
  if (isGiven('ATLAS_PORT')) await choosePort(settings, terminal);
  const { logger, tracing } = await openObservability(settings, 'atlas-dev', join(home, 'atlas.log'));
  await runService(
    logger,
    { graceMs: settings.ATLAS_SHUTDOWN_GRACE_MS, onStopping: () => terminal.progress('Stopping') },
    async ({ lifecycle, signal, grace }) => {
      if (tracing !== null) lifecycle.add('tracing', () => tracing.stop());
      lifecycle.add('terminal', async () => terminal.clear());
      const stack = new EmbeddedStack({
        home,
        maxSlotWalBytes: settings.ATLAS_MAX_SLOT_WAL_BYTES,
        logger,
        onProgress: (phase) => terminal.progress(phase),
        onNotice: (message) => terminal.say(message),
      });
      await lifecycle.start({
        name: 'embedded stack',
        start: () => stack.start(signal),
        stop: () => stack.stop(),
        stopsWhole: true,
      });
      terminal.progress('Migrating the schema');
      const engine = embeddedClickHouse(lifecycle, stack.clickhousePath, settings);
      const clusterId = await migrate(stack, engine, settings, logger);
      const openClickHouse = await ownClickHouse(engine, stack.clickhousePath, clusterId, logger);
      const common = { settings, openClickHouse, lifecycle, metrics: new Metrics(), tracing, logger };
      const environmentOf = (actAs: ProcessRole): ServiceEnvironment => {
        const shardConfig: ShardConfig = { placement: PLACEMENT, shards: stack.endpointsOf(actAs) };
        return { ...common, actAs, shardConfig };
      };
      const environment = environmentOf('atlas_serve');
      const capture = environmentOf('atlas_replicate');

      const shards = openShardDatabases(lifecycle, environment.shardConfig.shards, settings, logger, {
        purpose: 'serve',
        actAs: environment.actAs,
        size: settings.ATLAS_POOL_SIZE,
        statementTimeoutMs: settings.ATLAS_STATEMENT_TIMEOUT_MS,
        serveRequests: true,
      });
      const catalog = await startCatalog(environment, shards);
      terminal.progress('Starting change capture into ClickHouse');
      const replicator = await startReplicator(capture, openClickHouse, catalog, {
        resnapshot: true,
        grace,
      });
      const monitoring = await startMonitoring(environment, replicator);
      // One connection to compare continuously, one for `atlas verify`.
      const clickhouse = await openClickHouse('verification', 2);
      const compared = { shards: openComparedShards(capture), clickhouse };
      await startVerifier(capture, compared, catalog, replicator);
      const verification = await startVerificationMonitor(environment);
      const { url, writer } = await startSubgraph(
        { ...environment, choosePort: () => choosePort(settings, terminal) },
        {
          shards,
          catalog,
          monitoring,
          verification,
          verify: verificationRunner(settings, compared, catalog),
          signingKey: await readSigningKey(shards.map(({ primary }) => primary)),
          grace,
          defaultTenant: DEV_TENANT,
          documents,
        },
      );
      stack.publish(url);
      if (options.sample) {
        const primaries = shards.map(({ primary }) => primary);
        const done = new SampleMarker(home, clusterId);
        await loadSampleOnce({ settings, catalog, writer, primaries, done, terminal, signal });
      }
      signal.throwIfAborted();
      terminal.say(welcome(url, settings.ATLAS_HOME, options.sample));
    },
  );
  terminal.say(`Stopped. The data is kept in ${shownPath(home)}/.`);
}

async function choosePort(settings: Settings, terminal: Terminal): Promise<number> {
  const { ATLAS_HOST: host, ATLAS_PORT: wanted } = settings;
  const port = await devPort({ host, port: wanted }, isGiven('ATLAS_PORT'));
  if (port !== wanted) {
    const holder = portHolder(wanted) ?? 'another process';
    terminal.say(`Port ${wanted} is in use by ${holder}. Using ${port}; set ATLAS_PORT to choose another.`);
  }
  return port;
}

function embeddedClickHouse(lifecycle: Lifecycle, path: string, settings: Settings): OpenClickHouse {
  return async (purpose, connections, options = {}) => {
    const database = await openChdb(path, { ...clickhouseLimits(settings), ...options, connections });
    lifecycle.add(`${purpose} connections to ClickHouse`, () => database.close());
    return database;
  };
}

/** As the superuser, unlike everything else. */
async function migrate(
  stack: EmbeddedStack,
  open: OpenClickHouse,
  settings: Settings,
  logger: Logger,
): Promise<string> {
  const options = { connectTimeoutMs: settings.ATLAS_CONNECT_TIMEOUT_MS, logger };
  const shards = stack.endpoints;
  const { clusterId } = await migrateShards(
    { placement: PLACEMENT, shards },
    { ...options, passwords: stack.rolePasswords ?? {} },
  );
  const [home] = shards;
  if (home === undefined) throw new RangeError('The embedded stack has no shard');
  const clickhouse = await open('migrate', 1);
  await migrateClickHouse(clickhouse, clusterId, (work) => lockedBy(home, options, work));
  return clusterId;
}

interface SampleLoad {
  readonly settings: Settings;
  readonly catalog: PostgresAttributeCatalog;
  readonly writer: EntityWriter;
  readonly primaries: readonly PostgresDatabase[];
  readonly done: SampleMarker;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** An interrupted load has left no marker, so it is continued. */
async function loadSampleOnce(load: SampleLoad): Promise<void> {
  const { settings, catalog, writer, primaries, done, terminal, signal } = load;
  if (done.isSet()) return;
  const { stopped } = await loadSampleData({
    tenantId: DEV_TENANT,
    catalog,
    writer,
    limits: {
      maxValueBytes: settings.ATLAS_MAX_VALUE_BYTES,
      maxListElements: settings.ATLAS_MAX_LIST_ELEMENTS,
      maxAttributesPerEntity: settings.ATLAS_MAX_ATTRIBUTES_PER_ENTITY,
    },
    signal,
    onProgress: ({ entities, total }) => terminal.progress('Loading the sample data', entities / total),
  });
  if (stopped) return;
  await refreshStatistics(primaries);
  done.set();
}

function welcome(url: string, home: string, sample: boolean): string {
  const query = sample
    ? `{ entities(type: "user", first: 5, filter: { attributes: [{ key: "status", text: { eq: "active" } }, { key: "country", text: { eq: "US" } }, { key: "score", number: { gt: 80 } }] }) { edges { node { id name score } } freshness { source lagMs } } }`
    : `{ entities(first: 5) { edges { node { id type attributes { key } } } freshness { source lagMs } } }`;
  const here = home === SETTINGS.ATLAS_HOME.default ? '' : `ATLAS_HOME=${JSON.stringify(home)} `;
  return [
    `Atlas is ready: ${url}/graphql (in a browser: ${url})`,
    '',
    'A query to try:',
    `  curl -s ${url}/graphql -H 'content-type: application/json' -d '${JSON.stringify({ query })}'`,
    '',
    `The data and the log are in ${shownPath(home)}/. To remove them and start anew: ${here}npx atlas dev --reset`,
    'Press Ctrl-C to stop; the next start continues with the data.',
  ].join('\n');
}
