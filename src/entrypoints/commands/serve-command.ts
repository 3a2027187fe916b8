import { authentication } from '../../config/authentication.ts';
import { loadServerConfig } from '../../config/server-config.ts';
import { trustedDocuments } from '../../config/trusted-documents.ts';
import { checkServers } from '../../migration/checks/check-servers.ts';
import { verifyShards } from '../../migration/shard-identity.ts';
import { readSigningKey } from '../../migration/signing-key.ts';
import { Metrics } from '../../observability/metrics.ts';
import { describePlacement } from '../../sharding/describe-placement.ts';
import { runService } from '../run-service.ts';
import { openShardDatabases, ownClickHouse, remoteClickHouse } from '../wiring/open-databases.ts';
import { openObservability } from '../wiring/open-observability.ts';
import type { ServiceEnvironment } from '../wiring/service-environment.ts';
import { startCatalog } from '../wiring/start-catalog.ts';
import { startMonitoring } from '../wiring/start-monitoring.ts';
import { startSubgraph } from '../wiring/start-subgraph.ts';
import { startVerificationMonitor } from '../wiring/start-verification.ts';

export async function runServe(): Promise<void> {
  const { settings, shardConfig } = loadServerConfig({});
  const documents = trustedDocuments(settings);
  const { logger, tracing } = await openObservability(settings, 'atlas-serve');
  const clickhouseUrl = settings.ATLAS_CLICKHOUSE_URL;
  await runService(logger, { graceMs: settings.ATLAS_SHUTDOWN_GRACE_MS }, async ({ lifecycle, grace }) => {
    if (tracing !== null) lifecycle.add('tracing', () => tracing.stop());
    const shards = openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
      purpose: 'serve',
      actAs: 'atlas_serve',
      size: settings.ATLAS_POOL_SIZE,
      statementTimeoutMs: settings.ATLAS_STATEMENT_TIMEOUT_MS,
      serveRequests: true,
    });
    await checkServers(shards, 'serve', logger);
    const servers = shards.flatMap(({ primary, replicas }) => [primary, ...replicas]);
    const clusterId = await verifyShards(servers, describePlacement(shardConfig.shards, shardConfig.placement));
    const signingKey = await readSigningKey(servers);
    const environment: ServiceEnvironment = {
      settings,
      shardConfig,
      actAs: 'atlas_serve',
      openClickHouse:
        clickhouseUrl === undefined
          ? null
          : await ownClickHouse(
              remoteClickHouse(lifecycle, clickhouseUrl, settings, tracing),
              clickhouseUrl,
              clusterId,
              logger,
            ),
      lifecycle,
      metrics: new Metrics(),
      tracing,
      logger,
    };
    const catalog = await startCatalog(environment, shards);
    const monitoring = await startMonitoring(environment, null);
    const verification = await startVerificationMonitor(environment);
    const parts = { shards, catalog, monitoring, verification, verify: null, signingKey, grace };
    if (authentication(settings).trustsHeader) {
      logger.warn(
        'ATLAS_TRUST_TENANT_HEADER is on: whoever reaches this server chooses the tenant; for production, set ATLAS_GATEWAY_SECRET, ATLAS_JWKS_URL or ATLAS_JWT_SECRET',
      );
    }
    const { url } = await startSubgraph(environment, { ...parts, defaultTenant: null, documents });
    logger.info({ url: `${url}/graphql` }, 'serving');
  });
}
