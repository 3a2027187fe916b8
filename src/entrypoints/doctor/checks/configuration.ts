import { authentication } from '../../../config/authentication.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import type { Check } from '../patient.ts';

/** Whether the settings can be used, and what they leave out. */
export const configuration: Check = {
  title: 'configuration',
  async examine({ settings, faults, shardConfig, stack }) {
    const found: Finding[] = faults.map((fault) => fail(fault));
    if (shardConfig === null) return found;
    const { shards } = shardConfig;
    const replicas = shards.reduce((sum, shard) => sum + shard.replicas.length, 0);
    const where = stack === null ? 'ATLAS_SHARDS' : `"atlas dev" in ${stack.home} (${stack.http})`;
    found.push(ok(`Shards: ${shards.length}, with ${replicas} replicas, of ${where}.`));
    const alone = shards.filter((shard) => shard.replicas.length === 0).map(({ id }) => id);
    if (alone.length > 0) {
      found.push(
        warn(`Without a replica: ${alone.join(', ')}. All reads go to their primaries; add replicas to ATLAS_SHARDS.`),
      );
    }
    if (stack !== null) return found;
    if (settings.ATLAS_CLICKHOUSE_URL === undefined) {
      found.push(
        warn('ATLAS_CLICKHOUSE_URL is not set: analytics are answered by Postgres; set it, if there is a ClickHouse.'),
      );
    }
    if (authentication(settings).trustsHeader) {
      found.push(
        warn(
          'ATLAS_TRUST_TENANT_HEADER is on: whoever reaches serve chooses the tenant; set ATLAS_GATEWAY_SECRET, ATLAS_JWKS_URL or ATLAS_JWT_SECRET instead.',
        ),
      );
    }
    return found;
  },
};
