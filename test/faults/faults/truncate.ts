import { systemClock } from '../../../src/lib/clock.ts';
import { untilHealthy } from '../run/recovery.ts';
import { sql } from '../stack/sql.ts';
import { migrate } from './clickhouse-files.ts';
import { type Fault, shardIds, shardOf } from './fault.ts';

/** TRUNCATE of a shard's entities, in an order that makes every moment consistent. Writers of the shard wait. */
export const truncated: Fault = {
  name: 'TRUNCATE in Postgres',
  weight: 1,
  mixes: false,
  targets: shardIds,
  async inject(target, { stack, world, hold }) {
    const { primary } = shardOf(stack, target);
    await world.gate(target).close(async () => {
      const sentAt = systemClock.now();
      const pending = world.onShard(target).map((history) => [history, history.truncating(sentAt)] as const);
      await sql(primary, 'TRUNCATE atlas.entity, atlas.entity_attribute');
      const ackedAt = systemClock.now();
      for (const [history, version] of pending) history.acknowledged(version, ackedAt);
    });
    await hold();
    // A stream that lags has not met it yet, and would fail once it has been cured.
    await untilHealthy(
      stack.healthUrls,
      ({ components }) => components.change_stream.shards[target]?.status === 'down',
    );
    await stack.resnapshot();
  },
};

/** TRUNCATE of everything that ClickHouse holds, table by table, while changes are captured. */
export const clickhouseTruncated: Fault = {
  name: 'TRUNCATE in ClickHouse',
  weight: 1,
  mixes: false,
  targets: ({ clickhouse }) => (clickhouse?.sql ? ['clickhouse'] : []),
  async inject(_target, { stack, hold }) {
    for (const table of ['replication_watermark', 'entity', 'entity_attribute']) {
      await stack.clickhouse?.sql?.(`TRUNCATE TABLE ${table}`);
    }
    await hold();
    await migrate(stack);
  },
};
