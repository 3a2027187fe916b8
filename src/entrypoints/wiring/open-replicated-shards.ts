import { historyRetention } from '../../config/history-retention.ts';
import { hasOwnS3Endpoint } from '../../config/s3-endpoint.ts';
import type { Settings } from '../../config/settings.ts';
import type { KafkaCluster } from '../../connections/kafka/kafka-cluster.ts';
import { openObjectStore } from '../../connections/objects/open-object-store.ts';
import type { AttributeLookup } from '../../domain/catalog/attribute.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { systemClock } from '../../lib/clock.ts';
import { HistoryArchive } from '../../replication/archive/history-archive.ts';
import type { ReplicatedShard } from '../../replication/replicator.ts';
import { ClickHouseSink } from '../../replication/sink/clickhouse/clickhouse-sink.ts';
import type { ChangeSource } from '../../replication/source/change-source.ts';
import { KafkaSource } from '../../replication/source/kafka/kafka-source.ts';
import type { CapturedShard } from '../../replication/source/slot/replication-slot.ts';
import { SlotSource } from '../../replication/source/slot/slot-source.ts';
import { AuditRetention } from '../../replication/upkeep/audit-retention.ts';
import { DeletedAttributeRemoval } from '../../replication/upkeep/deleted-attribute-removal.ts';
import { ErasureRemoval } from '../../replication/upkeep/erasure-removal.ts';
import { HistoryRetention } from '../../replication/upkeep/history-retention.ts';
import { ClickHouseViews } from '../../replication/views/clickhouse-views.ts';
import { PostgresViews } from '../../replication/views/postgres-views.ts';
import { type OpenClickHouse, openShardDatabases } from './open-databases.ts';
import { openKafka, topicOf } from './open-kafka.ts';
import type { ServiceEnvironment } from './service-environment.ts';

/** The longest write of a batch. A server that died silently is noticed only after this time. */
const SINK_TIMEOUT_MS = 60_000;
/** For each shard: a batch is three inserts at once. A copy beside the stream takes turns with it in one more. */
const SINK_CONNECTIONS = 4;

/** How often months of the audit are made and removed. */
const AUDIT_PERIOD_MS = 3_600_000;
/** How often views are compared with the catalog. */
const VIEWS_PERIOD_MS = 5_000;
/** How often erasures are looked for, unless their grace is shorter: each removal rewrites parts. */
const ERASURE_PERIOD_MS = 15_000;
const MIN_ERASURE_PERIOD_MS = 1_000;

/** Both ends of every shard's change capture. Nothing connects before it is used. */
export async function openReplicatedShards(
  {
    settings,
    shardConfig,
    lifecycle,
    logger,
  }: Pick<ServiceEnvironment, 'settings' | 'shardConfig' | 'lifecycle' | 'logger'>,
  openClickHouse: OpenClickHouse,
  attributes: AttributeLookup,
): Promise<readonly ReplicatedShard[]> {
  const databases = openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
    purpose: 'replicator',
    actAs: 'atlas_replicate',
    // One of them for a copy.
    size: 3,
    // A copy of all entities is one long statement.
    statementTimeoutMs: 0,
  });
  const kafka = openKafka(settings, lifecycle);
  const graceMs = settings.ATLAS_ERASURE_GRACE_MS;
  const periodMs = Math.min(ERASURE_PERIOD_MS, Math.max(MIN_ERASURE_PERIOD_MS, graceMs));
  const erasing = { graceMs, periodMs };
  const clickhouse = await openClickHouse('replicator', SINK_CONNECTIONS * databases.length, {
    timeoutMs: SINK_TIMEOUT_MS,
  });
  const shards: ReplicatedShard[] = [];
  for (const { endpoints, primary } of databases) {
    const shard = endpoints.id;
    const archive = await openHistoryArchive({ settings, shard, attributes }, openClickHouse);
    shards.push({
      shard,
      source: sourceOf({ endpoints, primary, leaseMs: settings.ATLAS_REPLICATION_LEASE_MS }, kafka, settings),
      sink: new ClickHouseSink({
        ...{ clickhouse, shard, attributes },
        ...{ retentionMs: settings.ATLAS_COPY_RETENTION_MS, clock: systemClock },
      }),
      upkeep: [
        new AuditRetention({
          ...{ primary, clickhouse, clock: systemClock },
          ...{ days: settings.ATLAS_AUDIT_RETENTION_DAYS, periodMs: AUDIT_PERIOD_MS },
        }),
        new HistoryRetention({
          ...{ shard, clickhouse, archive, clock: systemClock },
          ...{ ...historyRetention(settings), periodMs: AUDIT_PERIOD_MS },
        }),
        new DeletedAttributeRemoval({
          ...{ shard, primary, clickhouse },
          ...erasing,
        }),
        new ErasureRemoval({
          ...{ shard, primary, clickhouse, archive, logger },
          ...erasing,
        }),
        new PostgresViews({ primary, periodMs: VIEWS_PERIOD_MS }),
        // Whoever streams the home of the catalog.
        ...(shards.length === 0 ? [new ClickHouseViews({ home: primary, clickhouse, periodMs: VIEWS_PERIOD_MS })] : []),
      ],
    });
  }
  return shards;
}

/** Null: changes that are removed are not archived. */
async function openHistoryArchive(
  {
    settings,
    shard,
    attributes,
  }: { readonly settings: Settings; readonly shard: ShardId; readonly attributes: AttributeLookup },
  openClickHouse: OpenClickHouse,
): Promise<HistoryArchive | null> {
  const { ATLAS_HISTORY_ARCHIVE: place, ATLAS_MAX_READ_BYTES: resultBytes } = settings;
  if (place === undefined) return null;
  const clickhouse = await openClickHouse('archive', 1, { timeoutMs: SINK_TIMEOUT_MS, resultBytes });
  const store = await openObjectStore(place, hasOwnS3Endpoint());
  return new HistoryArchive({ store, shard, clickhouse, attributes, clock: systemClock });
}

function sourceOf(shard: CapturedShard, kafka: KafkaCluster | null, settings: Settings): ChangeSource {
  if (kafka === null) return new SlotSource(shard);
  const sessionTimeoutMs = settings.ATLAS_KAFKA_SESSION_TIMEOUT_MS;
  return new KafkaSource(shard, { cluster: kafka, ...topicOf(settings, shard.endpoints.id), sessionTimeoutMs });
}
