import { loadSettings } from '../../config/config.ts';
import { loadServerConfig } from '../../config/server-config.ts';
import type { Settings } from '../../config/settings.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import { readStackFile } from '../../embedded/home/stack-file.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { checkServers } from '../../migration/checks/check-servers.ts';
import { verifyShards } from '../../migration/shard-identity.ts';
import { createLogger, type Logger } from '../../observability/logger.ts';
import { describePlacement } from '../../sharding/describe-placement.ts';
import { isEqual, type RunVerification, type VerificationRequest } from '../../verification/run-verification.ts';
import { EXIT_FAILED } from '../exit-codes.ts';
import { runTask } from '../run-service.ts';
import { UsageError } from '../usage-error.ts';
import { ownClickHouse, remoteClickHouse } from '../wiring/open-databases.ts';
import { noShards } from '../wiring/shards-of.ts';
import { startCatalog } from '../wiring/start-catalog.ts';
import { openComparedShards, verificationRunner } from '../wiring/start-verification.ts';
import { verifyRemotely } from './remote-verification.ts';
import { VerificationOutput } from './verification-output.ts';

export interface VerifyOptions {
  readonly shard?: readonly ShardId[];
  readonly tenant?: TenantId;
  readonly repair?: true;
  readonly primary?: true;
  readonly values?: true;
  readonly json?: true;
}

/** Where the shards are compared. */
interface Target {
  readonly shards: readonly ShardId[];
  open(lifecycle: Lifecycle, logger: Logger): Promise<RunVerification>;
}

/**
 * Compares the shards in ATLAS_SHARDS with ATLAS_CLICKHOUSE_URL or, if ATLAS_SHARDS is not set, those of the running embedded stack.
 * Exits with 1 unless they are equal at the end.
 */
export async function runVerify(options: VerifyOptions): Promise<void> {
  const settings = loadSettings();
  const target = settings.ATLAS_SHARDS === undefined ? embeddedTarget(settings) : serverTarget();
  const request: VerificationRequest = {
    shards: options.shard === undefined ? null : checkShards(options.shard, target.shards),
    tenantId: options.tenant ?? null,
    repair: options.repair === true,
    primary: options.primary === true,
    values: options.values === true,
  };
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  await runTask(logger, async (lifecycle, signal) => {
    const output = new VerificationOutput(process.stdout, process.stderr, options.json === true);
    lifecycle.add('progress', async () => output.clear());
    const verify = await target.open(lifecycle, logger);
    const results = await verify(request, (event) => output.event(event), signal);
    output.end(results);
    if (results.length === 0 || !results.every(isEqual)) process.exitCode = EXIT_FAILED;
  });
}

/** ClickHouse is in the process of the stack, so the stack compares. @throws ConfigError if none is running. */
function embeddedTarget(settings: Settings): Target {
  const stack = readStackFile(settings.ATLAS_HOME);
  if (stack === null) throw noShards(settings);
  return { shards: stack.shards.map(({ id }) => id), open: async () => verifyRemotely(stack.http) };
}

function serverTarget(): Target {
  const { settings, shardConfig } = loadServerConfig({
    ATLAS_CLICKHOUSE_URL: 'it names the ClickHouse that is compared',
  });
  const url = settings.ATLAS_CLICKHOUSE_URL;
  return {
    shards: shardConfig.shards.map(({ id }) => id),
    async open(lifecycle, logger) {
      const environment = { settings, shardConfig, lifecycle, logger };
      const shards = openComparedShards(environment);
      await checkServers(shards, 'replicate', logger);
      const servers = shards.flatMap(({ primary, replicas }) => [primary, ...replicas]);
      const clusterId = await verifyShards(servers, describePlacement(shardConfig.shards, shardConfig.placement));
      const open = await ownClickHouse(remoteClickHouse(lifecycle, url, settings), url, clusterId, logger);
      const catalog = await startCatalog(environment, shards);
      return verificationRunner(settings, { shards, clickhouse: await open('verify', 1) }, catalog);
    },
  };
}

function checkShards(asked: readonly ShardId[], known: readonly ShardId[]): readonly ShardId[] {
  const unknown = asked.find((shard) => !known.includes(shard));
  if (unknown === undefined) return asked;
  throw new UsageError(`There is no shard ${JSON.stringify(unknown)}; expected one of ${known.join(', ')}.`);
}
