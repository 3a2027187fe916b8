import { loadSettings } from '../../config/config.ts';
import { countDefinitions, readTenantUsage } from '../../datasources/postgres/tenants/tenant-usage.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import { createLogger } from '../../observability/logger.ts';
import { runTask } from '../run-service.ts';
import { openTenantShards } from '../wiring/open-tenant-shards.ts';

/** Prints what a tenant has on each shard, as JSON. Reads all of it. */
export async function runTenantUsage(tenantId: TenantId): Promise<void> {
  const settings = loadSettings();
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  await runTask(logger, async (lifecycle, signal) => {
    const primaries = await openTenantShards({ settings, lifecycle, logger }, 'tenant usage');
    const shards = await Promise.all(primaries.map((primary) => readTenantUsage(primary, tenantId, signal)));
    const types = shards.flatMap((shard) => shard.types);
    const report = {
      tenant: tenantId,
      entities: types.reduce((sum, { entities }) => sum + entities, 0),
      bytes: types.reduce((sum, { bytes }) => sum + bytes, 0),
      definitions: await countDefinitions(primaries[0], tenantId, signal),
      shards,
    };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  });
}
