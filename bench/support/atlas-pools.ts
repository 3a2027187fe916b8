import { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import type { ShardEndpoints } from '../../src/domain/shard.ts';
import { createLogger } from '../../src/observability/logger.ts';
import type { Stage } from './stage.ts';

export interface ServePools {
  readonly shard: string;
  readonly primary: PostgresPool;
  readonly replica: PostgresPool;
  close(): Promise<void>;
}

/** Connections to the first shard as `serve` opens them, with the rights of its role. */
export function openServePools(stage: Stage, size: number): ServePools {
  const { ATLAS_SHARDS = '' } = stage.deployment.stores.environment('serve');
  const [first] = (JSON.parse(ATLAS_SHARDS) as { shards: readonly ShardEndpoints[] }).shards;
  if (first === undefined) throw new Error('The deployment has no shard');
  const open = (role: 'primary' | 'replica', url = '') =>
    new PostgresPool({
      ...{ shard: first.id, role, url, size, connectTimeoutMs: 5_000, statementTimeoutMs: 60_000 },
      ...{ applicationName: 'atlas-bench', logger: createLogger('silent') },
    });
  const [primary, replica] = [open('primary', first.primary), open('replica', first.replicas[0])];
  const close = async () => {
    await Promise.all([primary.close(), replica.close()]);
  };
  return { shard: first.id, primary, replica, close };
}
