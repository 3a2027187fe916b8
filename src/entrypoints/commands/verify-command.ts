import { loadServerConfig } from '../../config/server-config.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import { systemClock } from '../../lib/clock.ts';
import { checkServers } from '../../migration/checks/check-servers.ts';
import { verifyShards } from '../../migration/shard-identity.ts';
import { createLogger } from '../../observability/logger.ts';
import { describePlacement } from '../../sharding/describe-placement.ts';
import { isEqual, runVerification } from '../../verification/run-verification.ts';
import { EXIT_FAILED } from '../exit-codes.ts';
import { runTask } from '../run-service.ts';
import { UsageError } from '../usage-error.ts';
import { openShardDatabases, ownClickHouse, remoteClickHouse } from '../wiring/open-databases.ts';
import { startCatalog } from '../wiring/start-catalog.ts';
import { comparedShard, comparisonOptions } from '../wiring/start-verification.ts';
import { VerificationOutput } from './verification-output.ts';

export interface VerifyOptions {
  readonly shard?: readonly ShardId[];
  readonly tenant?: TenantId;
  readonly repair?: true;
  readonly primary?: true;
  readonly values?: true;
  readonly json?: true;
}

/** Compares the shards in ATLAS_SHARDS with ATLAS_CLICKHOUSE_URL. Exits with 1 unless they are equal at the end. */
export async function runVerify(options: VerifyOptions): Promise<void> {
  const { settings, shardConfig } = loadServerConfig({
    ATLAS_CLICKHOUSE_URL: 'it names the ClickHouse that is compared',
  });
  const known = shardConfig.shards.map(({ id }) => id);
  const chosen = chosenShards(options.shard, known);
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  await runTask(logger, async (lifecycle, signal) => {
    const output = new VerificationOutput(process.stdout, process.stderr, options.json === true);
    lifecycle.add('progress', async () => output.clear());
    const shards = openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
      purpose: 'verify',
      size: 2,
      statementTimeoutMs: settings.ATLAS_STATEMENT_TIMEOUT_MS,
    });
    await checkServers(shards, 'replicate', logger);
    const clusterId = await verifyShards(
      shards.flatMap(({ primary, replicas }) => [primary, ...replicas]),
      describePlacement(shardConfig.shards, shardConfig.placement),
    );
    const open = remoteClickHouse(lifecycle, settings.ATLAS_CLICKHOUSE_URL, settings);
    const clickhouse = await (await ownClickHouse(open, settings.ATLAS_CLICKHOUSE_URL, clusterId, logger))('verify', 1);
    const catalog = await startCatalog({ settings, lifecycle, logger }, shards);
    const results = await runVerification(
      shards
        .filter(({ endpoints }) => chosen.includes(endpoints.id))
        .map((databases) => comparedShard(databases, clickhouse, options.primary === true)),
      {
        ...comparisonOptions(settings),
        form: options.values === true ? 'value' : 'digest',
        repair: options.repair === true,
        tenantId: options.tenant ?? null,
        attributes: catalog,
        clock: systemClock,
        onEvent: (event) => output.event(event),
      },
      signal,
    );
    output.end(results);
    if (!results.every(isEqual)) process.exitCode = EXIT_FAILED;
  });
}

function chosenShards(asked: readonly ShardId[] | undefined, known: readonly ShardId[]): readonly ShardId[] {
  const unknown = asked?.find((shard) => !known.includes(shard));
  if (unknown === undefined) return asked ?? known;
  throw new UsageError(`There is no shard ${JSON.stringify(unknown)}; expected one of ${known.join(', ')}.`);
}
