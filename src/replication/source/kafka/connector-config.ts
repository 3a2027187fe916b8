import type { ShardId } from '../../../domain/identifiers.ts';
import { COPY_REQUEST_PREFIX } from '../slot/copy-request.ts';
import { CDC_PUBLICATION } from '../slot/publication.ts';
import { CDC_SLOT } from '../slot/replication-slot.ts';
import { TRUNCATE_PREFIX } from '../truncation.ts';
import { MARKER_PREFIXES } from './partition-markers.ts';
import { orderTopic, type TopicLayout } from './topic-layout.ts';

export interface ConnectorTarget extends TopicLayout {
  readonly shard: ShardId;
  /** A libpq URI; its password is not used. */
  readonly primary: string;
  /** What the connector reads the password from: a reference of one of Kafka's config providers. */
  readonly passwordReference: string;
}

/** A message may hold two large entities: the row before a change and the one after. By default a producer refuses more than 1 MB. */
export const MAX_MESSAGE_BYTES = 16 * 2 ** 20;

const JSON_CONVERTER = 'org.apache.kafka.connect.json.JsonConverter';
/** Of the connector for other readers: a slot has one. */
const READERS_SLOT = 'atlas_readers';

/**
 * What Debezium's connector for Postgres must be told so that `KafkaSource` understands its topic. Everything of a shard goes into one
 * partition, so that there is one order: rows, heartbeats, messages, and where transactions begin and end. If there are several, the latter go into a topic
 * of their own, with one partition. Rows that are already there are not sent: Atlas copies them itself.
 */
export function connectorConfig(target: ConnectorTarget): Readonly<Record<string, string>> {
  const { shard } = target;
  return {
    name: `atlas-${shard}`,
    ...database(target),
    ...output(),
    'slot.name': CDC_SLOT,
    'topic.prefix': `atlas.${shard}`,
    'table.include.list': 'atlas.entity,atlas.shard,atlas.audit',
    'message.prefix.include.list': [
      TRUNCATE_PREFIX,
      COPY_REQUEST_PREFIX,
      ...(target.partitions === 1 ? [] : [MARKER_PREFIXES]),
    ].join(','),
    'snapshot.mode': 'no_data',
    // Without it, TRUNCATE is left out.
    'skipped.operations': 'none',
    'tombstones.on.delete': 'false',
    'provide.transaction.metadata': 'true',
    ...routes(target),
  };
}

const REGEX_ROUTER = 'org.apache.kafka.connect.transforms.RegexRouter';

/** Changes keep the primary key as their key. What has no tenant is in whichever partition its key leads to. */
function routes({ topic, partitions, shard }: ConnectorTarget): Readonly<Record<string, string>> {
  if (partitions === 1) {
    return {
      transforms: 'route',
      'transforms.route.type': REGEX_ROUTER,
      'transforms.route.regex': '.*',
      'transforms.route.replacement': topic,
    };
  }
  const own = `atlas\\.${shard.replaceAll('.', '\\.')}\\.`;
  return {
    transforms: 'partition,route,order',
    'transforms.partition.type': 'io.debezium.transforms.partitions.PartitionRouting',
    'transforms.partition.partition.payload.fields': 'change.tenant_id',
    'transforms.partition.partition.topic.num': String(partitions),
    'transforms.partition.predicate': 'ofTenant',
    predicates: 'ofTenant',
    'predicates.ofTenant.type': 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
    'predicates.ofTenant.pattern': `${own}atlas\\.(entity|audit)`,
    'transforms.route.type': REGEX_ROUTER,
    'transforms.route.regex': `${own}(atlas\\..*|message)`,
    'transforms.route.replacement': topic,
    'transforms.order.type': REGEX_ROUTER,
    'transforms.order.regex': `${own}transaction`,
    'transforms.order.replacement': orderTopic({ topic, partitions }),
  };
}

export interface ReadersTarget extends Omit<ConnectorTarget, keyof TopicLayout> {
  /** What the topics' names begin with; the table's follows. */
  readonly topics: string;
  /** Of the schema atlas. */
  readonly tables: readonly string[];
}

/**
 * A second connector, with a slot of its own, for readers other than Atlas: a topic per table, with as many partitions as they like, keyed
 * by tenant. Atlas does not read them: over several partitions and topics there is no one order.
 */
export function readersConfig(target: ReadersTarget): Readonly<Record<string, string>> {
  const { shard, topics, tables } = target;
  const ofTenants = tables.filter((table) => table !== 'shard').map((table) => `atlas.${table}:tenant_id`);
  return {
    name: `atlas-readers-${shard}`,
    ...database(target),
    ...output(),
    'slot.name': READERS_SLOT,
    'topic.prefix': `atlas-readers.${shard}`,
    'table.include.list': tables.map((table) => `atlas.${table}`).join(','),
    ...(ofTenants.length === 0 ? {} : { 'message.key.columns': ofTenants.join(';') }),
    'snapshot.mode': 'initial',
    'tombstones.on.delete': 'false',
    transforms: 'route',
    'transforms.route.type': REGEX_ROUTER,
    'transforms.route.regex': `.*\\.atlas\\.(${tables.join('|')})`,
    'transforms.route.replacement': `${topics}.$1`,
  };
}

function database({ primary, passwordReference }: Pick<ConnectorTarget, 'primary' | 'passwordReference'>) {
  const url = new URL(primary);
  const sslMode = url.searchParams.get('sslmode');
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': '1',
    'database.hostname': url.hostname,
    'database.port': url.port || '5432',
    'database.user': decodeURIComponent(url.username),
    'database.password': passwordReference,
    'database.dbname': decodeURIComponent(url.pathname.slice(1)) || 'postgres',
    ...(sslMode === null ? {} : { 'database.sslmode': sslMode }),
    'plugin.name': 'pgoutput',
    'publication.name': CDC_PUBLICATION,
    'publication.autocreate.mode': 'disabled',
  };
}

function output() {
  return {
    // How long a change may wait to be passed on, in milliseconds; 500 by default.
    'poll.interval.ms': '20',
    'max.batch.size': '4096',
    'max.queue.size': '16384',
    'max.queue.size.in.bytes': String(64 * 2 ** 20),
    'errors.tolerance': 'none',
    'key.converter': JSON_CONVERTER,
    'key.converter.schemas.enable': 'false',
    'value.converter': JSON_CONVERTER,
    'value.converter.schemas.enable': 'false',
    'producer.override.acks': 'all',
    'producer.override.compression.type': 'lz4',
    'producer.override.batch.size': String(2 ** 18),
    'producer.override.max.request.size': String(MAX_MESSAGE_BYTES),
    'producer.override.buffer.memory': String(4 * MAX_MESSAGE_BYTES),
  };
}
