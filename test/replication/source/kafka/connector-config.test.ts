import { describe, expect, it } from 'vitest';
import { connectorConfig, readersConfig } from '../../../../src/replication/source/kafka/connector-config.ts';
import { topicDefinition } from '../../../../src/replication/source/kafka/topic-definition.ts';

const TARGET = {
  shard: 's1',
  primary: 'postgres://atlas_replicate:secret%20of%20postgres@db.internal:6432/atlas?sslmode=verify-full',
  passwordReference: '$' + '{file:/etc/kafka/atlas.properties:s1}',
};

describe('the configuration of a connector', () => {
  it('names the primary and a reference of the password, never the password', () => {
    const config = connectorConfig({ ...TARGET, topic: 'atlas.changes.s1', partitions: 1 });
    expect(config).toMatchObject({
      'database.hostname': 'db.internal',
      'database.port': '6432',
      'database.user': 'atlas_replicate',
      'database.dbname': 'atlas',
      'database.sslmode': 'verify-full',
      'database.password': TARGET.passwordReference,
    });
    expect(JSON.stringify([config, readersConfig({ ...TARGET, topics: 'a', tables: ['entity'] })])).not.toContain(
      'secret',
    );
  });

  it('puts everything of a shard into one topic, with where transactions begin and end, and without a snapshot', () => {
    expect(connectorConfig({ ...TARGET, topic: 'atlas.changes.s1', partitions: 1 })).toMatchObject({
      'slot.name': 'atlas_cdc',
      'publication.name': 'atlas_cdc',
      'snapshot.mode': 'no_data',
      'provide.transaction.metadata': 'true',
      'skipped.operations': 'none',
      'transforms.route.regex': '.*',
      'transforms.route.replacement': 'atlas.changes.s1',
    });
  });

  it('puts rows into the partition of their tenant if there are several, and where transactions end into a topic of its own', () => {
    const config = connectorConfig({ ...TARGET, topic: 'atlas.changes.s1', partitions: 6 });
    expect(config).toMatchObject({
      'message.prefix.include.list': 'atlas.truncate,atlas.resync,atlas\\.partition\\.\\d+',
      'transforms.partition.partition.payload.fields': 'change.tenant_id',
      'transforms.partition.partition.topic.num': '6',
    });
    const matches = (name: string, key: string) => new RegExp(`^${config[key]}$`).test(name);
    const tables = ['atlas.s1.atlas.entity', 'atlas.s1.atlas.audit', 'atlas.s1.atlas.shard'];
    expect(tables.map((name) => matches(name, 'predicates.ofTenant.pattern'))).toEqual([true, true, false]);
    for (const name of [...tables, 'atlas.s1.message']) {
      expect(matches(name, 'transforms.route.regex')).toBe(true);
      expect(matches(name, 'transforms.order.regex')).toBe(false);
    }
    expect(matches('atlas.s1.transaction', 'transforms.order.regex')).toBe(true);
    expect(config['transforms.order.replacement']).toBe('atlas.changes.s1.transactions');
  });

  it('for other readers has a slot of its own, and a topic per table, keyed by tenant', () => {
    const config = readersConfig({ ...TARGET, topics: 'atlas.changes.s1', tables: ['entity', 'shard', 'audit'] });
    expect(config).toMatchObject({
      'slot.name': 'atlas_readers',
      'message.key.columns': 'atlas.entity:tenant_id;atlas.audit:tenant_id',
      'transforms.route.replacement': 'atlas.changes.s1.$1',
    });
    const routed = 'atlas-readers.s1.atlas.entity'.match(new RegExp(`^${config['transforms.route.regex']}$`));
    expect(routed?.[1]).toBe('entity');
    expect(config).not.toHaveProperty('provide.transaction.metadata');
  });
});

it('a topic keeps what is acknowledged when a broker is lost, and deletes what is old', () => {
  const day = 86_400_000;
  expect(
    topicDefinition('atlas.changes.s1.audit', { partitions: 12, replicationFactor: 3, retentionMs: 3 * day }),
  ).toEqual({
    ...{ name: 'atlas.changes.s1.audit', partitions: 12, replication_factor: 3 },
    config: {
      'cleanup.policy': 'delete',
      'retention.ms': '259200000',
      'min.insync.replicas': '2',
      'max.message.bytes': '16777216',
    },
  });
  expect(topicDefinition('a', { partitions: 1, replicationFactor: 1, retentionMs: day }).config).toMatchObject({
    'min.insync.replicas': '1',
  });
});
