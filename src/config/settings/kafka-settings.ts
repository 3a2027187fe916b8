import { z } from 'zod';
import { flag, positive, readableFile, setting } from './setting.ts';

const TOPIC = /^[a-zA-Z0-9._{}-]{1,200}$/;
const BROKER = /^[^\s,:/]+:\d{1,5}$/;

/** Change capture through Debezium and Kafka. */
export const KAFKA_SETTINGS = {
  ATLAS_CAPTURE: setting(
    z.enum(['slot', 'kafka']),
    'slot',
    'How changes come from Postgres into ClickHouse: `slot`, read by `replicate` itself, or `kafka`, through the topics that Debezium fills.',
  ),
  ATLAS_KAFKA_BROKERS: setting(
    z
      .string()
      .transform((text) => text.split(',').map((broker) => broker.trim()))
      .refine((brokers) => brokers.every((broker) => BROKER.test(broker)), 'must be host:port, separated by commas')
      .optional(),
    undefined,
    'Kafka brokers, as host:port, separated by commas; for ATLAS_CAPTURE=kafka.',
  ),
  ATLAS_KAFKA_TOPIC: setting(
    z
      .string()
      .regex(TOPIC, 'must be a topic name')
      .refine((text) => text.includes('{shard}'), 'must contain {shard}'),
    'atlas.changes.{shard}',
    "Topic of a shard's changes; {shard} stands for its id.",
  ),
  ATLAS_KAFKA_PARTITIONS: setting(
    z.coerce.number().int().min(1).max(64),
    '1',
    'Partitions of the topic of a shard. With more than one, changes are in that of their tenant, and where transactions end is in a topic of its own. Changed only with a new topic and a new copy.',
  ),
  ATLAS_KAFKA_GROUP: setting(
    z
      .string()
      .regex(TOPIC, 'must be a group name')
      .refine((text) => text.includes('{shard}'), 'must contain {shard}'),
    'atlas.{shard}',
    "Consumer group that reads a shard's topic; {shard} stands for its id. Another installation needs another one.",
  ),
  ATLAS_KAFKA_SESSION_TIMEOUT_MS: setting(
    z.coerce.number().int().min(1_000).max(300_000),
    '6000',
    "How long the `replicate` that reads a topic may be silent before a standby takes over. At least the brokers' group.min.session.timeout.ms.",
  ),
  ATLAS_KAFKA_TLS: setting(flag, 'false', 'Whether the brokers are spoken to by TLS.'),
  ATLAS_KAFKA_CA: setting(
    readableFile.optional(),
    undefined,
    "File with the certificate (PEM) of the authority that has signed the brokers', if it is not a public one.",
  ),
  ATLAS_KAFKA_SASL: setting(
    z.enum(['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
    'none',
    'How to log in to the brokers.',
  ),
  ATLAS_KAFKA_USERNAME: setting(z.string().min(1).optional(), undefined, 'User, unless ATLAS_KAFKA_SASL is none.'),
  ATLAS_KAFKA_PASSWORD: setting(
    z.string().min(1).optional(),
    undefined,
    'Password, unless ATLAS_KAFKA_SASL is none.',
    true,
  ),
  ATLAS_KAFKA_THRESHOLD_MESSAGES: setting(
    positive,
    '50000',
    'Health: messages of a topic that are not in ClickHouse yet, beyond which it is degraded.',
  ),
  ATLAS_KAFKA_CONNECTOR_PASSWORD: setting(
    z.string().regex(/^\$\{[^}]+:[^}]*(\{shard\}[^}]*)?\}$/, "must be a reference of one of Kafka's config providers"),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Kafka writes references like this.
    '${file:/etc/kafka/atlas.properties:{shard}}',
    "For `kafka config`: where Kafka Connect finds the connector's password to Postgres, as a reference of one of its config providers; {shard} stands for the shard's id.",
  ),
  ATLAS_KAFKA_REPLICATION_FACTOR: setting(
    z.coerce.number().int().min(1).max(100),
    '3',
    'For `kafka config`: copies of each topic, on as many brokers.',
  ),
  ATLAS_KAFKA_RETENTION_MS: setting(
    positive,
    '604800000',
    'For `kafka config`: how long a topic keeps changes: longer than `replicate` or ClickHouse may be down.',
  ),
} as const;
