/** A replicator in a separate process, to be killed: `replicator-process.ts <primary> <clickhouse directory> [<Kafka broker> <topic> <partitions>]`. */
import { pino } from 'pino';
import { openChdb } from '../../../src/connections/clickhouse/chdb-pool.ts';
import { KafkaCluster } from '../../../src/connections/kafka/kafka-cluster.ts';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { ShutdownGrace } from '../../../src/lifecycle/shutdown-grace.ts';
import { migrateClickHouse } from '../../../src/migration/migrate-clickhouse.ts';
import { ShardReplicator } from '../../../src/replication/shard-replicator.ts';
import { ClickHouseSink } from '../../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { KafkaSource } from '../../../src/replication/source/kafka/kafka-source.ts';
import { SlotSource } from '../../../src/replication/source/slot/slot-source.ts';
import { KEEP_COPIES, ofTestCluster, TEST_CLUSTER } from '../../support/clickhouse.ts';
import { lookupOf, TEST_ATTRIBUTES } from './test-attributes.ts';

const [, , url = '', path = '', broker, topic = '', partitions = '1'] = process.argv;
const logger = pino({ level: 'silent' });
const engine = await openChdb(path, { connections: 2, timeoutMs: 60_000, memoryBytes: 2_000_000_000 });
await migrateClickHouse(engine, TEST_CLUSTER, (work) => work());
const clickhouse = ofTestCluster(engine);
const primary = new PostgresPool({
  shard: 's0',
  role: 'primary',
  url,
  actAs: 'atlas_replicate',
  size: 2,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 60_000,
  applicationName: 'test',
  logger,
});
const captured = { endpoints: { id: 's0', primary: url, replicas: [] }, primary, leaseMs: 1_000 };
const source =
  broker === undefined
    ? new SlotSource(captured)
    : new KafkaSource(captured, {
        cluster: new KafkaCluster({ brokers: [broker], clientId: 'killed', tls: null, sasl: null }),
        ...{ topic, partitions: Number(partitions), group: 'atlas.s0', sessionTimeoutMs: 6_000 },
      });
const replicator = new ShardReplicator({
  grace: new ShutdownGrace(10_000),
  shard: 's0',
  source,
  sink: new ClickHouseSink({ clickhouse, shard: 's0', attributes: lookupOf(TEST_ATTRIBUTES), ...KEEP_COPIES }),
  limits: { rows: 100, flushMs: 5 },
  resnapshot: false,
  // Each line says that a batch has been written; their reader kills the process at one of them.
  onBatch: () => process.stdout.write('batch\n'),
  logger,
});
await replicator.start();
