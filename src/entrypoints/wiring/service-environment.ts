import type { ShardConfig } from '../../config/config.ts';
import type { Settings } from '../../config/settings.ts';
import type { ProcessRole } from '../../domain/atlas-role.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Tracing } from '../../observability/tracing.ts';
import type { OpenClickHouse } from './open-databases.ts';

/** What every long-running command is built from. */
export interface ServiceEnvironment {
  readonly settings: Settings;
  /** Chooses the HTTP port when it is needed; that of the settings unless given. @throws PortInUseError */
  readonly choosePort?: () => Promise<number>;
  readonly shardConfig: ShardConfig;
  /** Whose rights the process has on the shards where they depend on the command. */
  readonly actAs: ProcessRole;
  /** Null if ClickHouse is not configured; its reads then fall back to Postgres and report that they did. */
  readonly openClickHouse: OpenClickHouse | null;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  /** Null if nothing is traced. */
  readonly tracing: Tracing | null;
  readonly logger: Logger;
}
