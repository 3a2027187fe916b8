import { loadSettings } from '../../config/config.ts';
import { PostgresImportCheckpoints } from '../../datasources/postgres/importing/postgres-import-checkpoints.ts';
import { PostgresEntityWriter } from '../../datasources/postgres/writing/postgres-entity-writer.ts';
import { refreshStatistics } from '../../datasources/postgres/writing/refresh-statistics.ts';
import { describePlan } from '../../importing/describe-plan.ts';
import { checkColumns, importFiles } from '../../importing/import-files.ts';
import { inspectFiles } from '../../importing/inspect-files.ts';
import { createProgressReporter } from '../../importing/progress-reporter.ts';
import { Spool } from '../../importing/sources/spool.ts';
import { systemClock } from '../../lib/clock.ts';
import { checkServers } from '../../migration/checks/check-servers.ts';
import { verifyShards } from '../../migration/shard-identity.ts';
import { createLogger } from '../../observability/logger.ts';
import { describePlacement } from '../../sharding/describe-placement.ts';
import { ShardMap } from '../../sharding/shard-map.ts';
import { EXIT_FAILED } from '../exit-codes.ts';
import { explainFailure } from '../operator-message.ts';
import { runTask } from '../run-service.ts';
import { checkUsage } from '../usage-error.ts';
import { openShardDatabases } from '../wiring/open-databases.ts';
import { shardsOf } from '../wiring/shards-of.ts';
import { startCatalog } from '../wiring/start-catalog.ts';

export interface ImportOptions {
  readonly type?: string;
  readonly tenant: number;
  readonly idColumn?: string;
  readonly idBase?: string;
  readonly key?: readonly string[];
  readonly limit?: number;
  readonly format?: string;
  readonly dryRun?: boolean;
  readonly restart?: boolean;
}

/** They are read from samples of what the import has changed, and a VACUUM of it is waited for. */
const STATISTICS_TIMEOUT_MS = 600_000;

/** Imports into the shards in ATLAS_SHARDS or, if it is not set, into the running embedded stack. */
export async function runImport(files: readonly string[], options: ImportOptions): Promise<void> {
  const settings = loadSettings();
  const shardConfig = shardsOf(settings);
  const limits = {
    maxValueBytes: settings.ATLAS_MAX_VALUE_BYTES,
    maxListElements: settings.ATLAS_MAX_LIST_ELEMENTS,
    maxAttributesPerEntity: settings.ATLAS_MAX_ATTRIBUTES_PER_ENTITY,
  };
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  await runTask(logger, async (lifecycle, signal) => {
    const reporter = createProgressReporter();
    lifecycle.add('progress', async () => reporter.stop());
    const spool = new Spool();
    lifecycle.add('copies of the input', async () => spool.close());
    const inspected = await checkUsage(() =>
      inspectFiles({
        files,
        spool,
        format: options.format,
        type: options.type,
        idColumn: options.idColumn,
        idBase: options.idBase,
        keyColumns: options.key,
        limits,
        limit: options.limit,
        onProgress: reporter.onProgress,
        signal,
      }),
    );
    const shards = openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
      purpose: 'import',
      actAs: 'atlas_serve',
      size: settings.ATLAS_POOL_SIZE,
      statementTimeoutMs: settings.ATLAS_STATEMENT_TIMEOUT_MS,
    });
    const primaries = shards.map(({ primary }) => primary);
    await checkServers(
      shards.map((shard) => ({ ...shard, replicas: [] })),
      'serve',
      logger,
    );
    await verifyShards(primaries, describePlacement(shardConfig.shards, shardConfig.placement));
    const catalog = await startCatalog({ settings, lifecycle, logger }, shards);
    await checkUsage(() => checkColumns({ inspected, tenantId: options.tenant, catalog }));
    if (options.dryRun === true) {
      reporter.stop();
      const known = catalog.forTenant(options.tenant);
      for (const file of inspected.files) process.stdout.write(`${describePlan(file, known)}\n`);
      process.stdout.write('Nothing was written.\n');
      return;
    }
    const summaries = await importFiles({
      inspected,
      tenantId: options.tenant,
      catalog,
      limits,
      writer: new PostgresEntityWriter(
        new ShardMap(shardConfig.shards, shardConfig.placement),
        primaries,
        systemClock,
        { maxEntityBytes: settings.ATLAS_MAX_ENTITY_BYTES },
        catalog,
      ),
      onProgress: reporter.onProgress,
      onFile: reporter.onFile,
      onResume: reporter.onResume,
      checkpoints: new PostgresImportCheckpoints(primaries),
      restart: options.restart,
      signal,
    });
    if (summaries.some(({ created, updated }) => created + updated > 0)) {
      const patient = openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
        ...{ purpose: 'import', actAs: 'atlas_serve', size: 1, statementTimeoutMs: STATISTICS_TIMEOUT_MS },
      });
      await refreshStatistics(
        patient.map(({ primary }) => primary),
        signal,
      ).catch((error) => process.stderr.write(withoutStatistics(error)));
    }
    if (summaries.some((summary) => summary.rejected > 0 || summary.stopped)) process.exitCode = EXIT_FAILED;
  });
}

/** It is no failure of the import. */
function withoutStatistics(error: unknown): string {
  return `Everything is written. The planner's statistics could not be refreshed; until autovacuum has, reads may be slow: ${explainFailure(error)}\n`;
}
