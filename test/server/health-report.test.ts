import { describe, expect, it } from 'vitest';
import type { TopicPartitionState, TopicStates } from '../../src/freshness/replication-state.ts';
import { healthReport } from '../../src/server/health-report.ts';
import type { ShardVerification, VerificationState } from '../../src/verification/verification-state.ts';
import { type ReplicationFacts, replicationState, sourceState, UNKNOWN } from '../support/replication-state.ts';

const thresholds = {
  replicaLagMs: 5000,
  clickhouseLagMs: 600_000,
  changeStreamMessages: 10_000,
  topicMessages: 50_000,
  slotWalBytes: 2_000,
  slotSafePercent: 25,
};
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const report = (
  shards: Readonly<Record<string, ReplicationFacts>>,
  verification: VerificationState | null = null,
  topics: TopicStates | null = null,
) => healthReport(replicationState(shards), Object.keys(shards), thresholds, NOW, verification, topics);

describe('the replication report', () => {
  it('has the shape of the contract', () => {
    expect(report({ s0: {} })).toEqual({
      timestamp: '2026-01-02T03:04:05.006Z',
      overall_status: 'healthy',
      components: {
        postgres_replica: {
          status: 'healthy',
          lag_ms: 41,
          threshold_ms: 5000,
          shards: { s0: { lag_ms: 41, status: 'healthy' } },
        },
        clickhouse: {
          status: 'healthy',
          lag_ms: 380,
          threshold_ms: 600_000,
          shards: { s0: { lag_ms: 380, status: 'healthy' } },
        },
        change_stream: {
          status: 'healthy',
          lag_bytes: 0,
          lag_messages: 0,
          threshold_messages: 10_000,
          threshold_retained_wal_bytes: 2_000,
          threshold_safe_wal_percent: 25,
          shards: { s0: { lag_bytes: 0, lag_messages: 0, status: 'healthy', slots: [] } },
        },
      },
    });
  });

  it('is as bad as the worst shard, with the greatest lag', () => {
    const { overall_status, components } = report({
      s0: {},
      s1: { replicas: [sourceState('DEGRADED', 7000.2)] },
    });
    expect(overall_status).toBe('degraded');
    expect(components.postgres_replica).toMatchObject({ status: 'degraded', lag_ms: 7001 });
    expect(components.postgres_replica.shards.s0).toEqual({ status: 'healthy', lag_ms: 41 });
    expect(components.clickhouse.status).toBe('healthy');
  });

  it('reports null and down, never 0, if a lag is unknown', () => {
    const { overall_status, components } = report({
      s0: { clickhouse: UNKNOWN, changeStream: { health: 'DOWN', lagBytes: 12, lagMessages: null, failure: null } },
      s1: {},
    });
    expect(overall_status).toBe('down');
    expect(components.clickhouse).toMatchObject({ status: 'down', lag_ms: null });
    expect(components.change_stream).toMatchObject({ status: 'down', lag_bytes: 12, lag_messages: null });
    expect(components.change_stream.shards.s0).not.toHaveProperty('reason');
    expect(components.postgres_replica.status).toBe('healthy');
  });

  it('names the reason why change capture of a shard has failed', () => {
    const failure = 'atlas.entity was truncated.';
    const { components } = report({
      s0: { changeStream: { health: 'DOWN', lagBytes: 12, lagMessages: null, failure } },
      s1: {},
    });
    expect(components.change_stream.shards).toEqual({
      s0: { status: 'down', lag_bytes: 12, lag_messages: null, slots: [], reason: failure },
      s1: { status: 'healthy', lag_bytes: 0, lag_messages: 0, slots: [] },
    });
  });

  it('names the slots with what they retain, and null for what is unlimited', () => {
    const slot = { name: 'atlas_cdc', health: 'DEGRADED', walStatus: 'extended', retainedBytes: 3_000 } as const;
    const { components } = report({
      s0: { slots: [{ ...slot, safeBytes: Number.POSITIVE_INFINITY, spilledBytes: 0 }] },
    });
    expect(components.change_stream.shards.s0?.slots).toEqual([
      ...[{ name: 'atlas_cdc', status: 'degraded', wal_status: 'extended' }].map((one) => ({
        ...one,
        ...{ retained_wal_bytes: 3_000, safe_wal_bytes: null },
      })),
    ]);
  });

  it('is degraded if one of several replicas is down', () => {
    const { components } = report({ s0: { replicas: [sourceState('HEALTHY', 30), UNKNOWN] } });
    expect(components.postgres_replica).toMatchObject({ status: 'degraded', lag_ms: 30 });
  });

  it('expects no replica of a shard that is configured without one', () => {
    const { overall_status, components } = report({ s0: { replicas: [] } });
    expect(overall_status).toBe('healthy');
    expect(components.postgres_replica).toMatchObject({ lag_ms: null, shards: {} });
  });

  it('expects no ClickHouse of an installation without one, but watches the slots of the primaries', () => {
    const slot = { name: 'atlas_catalog_s1', health: 'HEALTHY', walStatus: 'reserved' } as const;
    const facts = {
      clickhouse: UNKNOWN,
      changeStream: { health: 'HEALTHY', lagBytes: null, lagMessages: null, failure: null },
      slots: [{ ...slot, retainedBytes: 3, safeBytes: null, spilledBytes: 0 }],
    } as const;
    const state = replicationState({ s0: facts }, false);
    const { overall_status, components } = healthReport(state, ['s0'], thresholds, NOW, null, null);
    expect(overall_status).toBe('healthy');
    expect(components.clickhouse).toMatchObject({ status: 'healthy', lag_ms: null, shards: {} });
    expect(components.change_stream.shards.s0?.slots).toMatchObject([{ name: 'atlas_catalog_s1' }]);
  });

  it('is degraded by a shard that is known to differ, and adds up the differences', () => {
    const equal: ShardVerification = { health: 'HEALTHY', ageMs: 1_000.5, differences: 0, completed: null };
    const states: Record<string, ShardVerification> = {
      s0: equal,
      s1: { ...equal, health: 'DEGRADED', ageMs: 500, differences: 3 },
    };
    const verification = { periodMs: 86_400_000, shard: (shard: string) => states[shard] ?? equal };
    const { overall_status, components } = report({ s0: {}, s1: {} }, verification);
    expect(overall_status).toBe('degraded');
    expect(components.verification).toEqual({
      status: 'degraded',
      age_ms: 1_001,
      differences: 3,
      threshold_ms: 86_400_000,
      shards: {
        s0: { status: 'healthy', age_ms: 1_001, differences: 0 },
        s1: { status: 'degraded', age_ms: 500, differences: 3 },
      },
    });
    expect(report({ s0: {} }).components).not.toHaveProperty('verification');
  });
});

describe('the topics of Kafka in the report', () => {
  const at = (shard: string, state: Partial<TopicPartitionState>): TopicPartitionState => ({
    ...{ topic: `atlas.changes.${shard}`, partition: 0, health: 'HEALTHY', lagMessages: 12, lagMs: 100 },
    ...state,
  });

  it('are a component of their own, with every partition', () => {
    const topics = {
      topicPartitions: (shard: string) => [at(shard, shard === 's1' ? { lagMessages: 40, lagMs: 300 } : {})],
    };
    const { overall_status, components } = report({ s0: {}, s1: {} }, null, topics);
    expect(overall_status).toBe('healthy');
    expect(components.kafka).toEqual({
      ...{ status: 'healthy', lag_messages: 40, lag_ms: 300, threshold_messages: 50_000 },
      shards: {
        s0: {
          ...{ status: 'healthy', lag_messages: 12, lag_ms: 100 },
          partitions: [{ topic: 'atlas.changes.s0', partition: 0, status: 'healthy', lag_messages: 12, lag_ms: 100 }],
        },
        s1: {
          ...{ status: 'healthy', lag_messages: 40, lag_ms: 300 },
          partitions: [{ topic: 'atlas.changes.s1', partition: 0, status: 'healthy', lag_messages: 40, lag_ms: 300 }],
        },
      },
    });
  });

  it('make the whole as unhealthy as the worst of them, and are unknown if one is', () => {
    const topics = (state: Partial<TopicPartitionState>) => ({ topicPartitions: () => [at('s0', state)] });
    expect(report({ s0: {} }, null, topics({ health: 'DEGRADED', lagMessages: 50_001 })).overall_status).toBe(
      'degraded',
    );
    const unknown = report({ s0: {} }, null, topics({ health: 'DOWN', lagMessages: null, lagMs: null }));
    expect(unknown).toMatchObject({
      overall_status: 'down',
      components: { kafka: { status: 'down', lag_messages: null, lag_ms: null } },
    });
  });

  it('are absent unless changes come through Kafka', () => {
    expect(report({ s0: {} }).components).not.toHaveProperty('kafka');
  });
});
