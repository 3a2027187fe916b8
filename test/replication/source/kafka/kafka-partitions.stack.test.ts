import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KafkaCluster } from '../../../../src/connections/kafka/kafka-cluster.ts';
import type { KafkaMembership } from '../../../../src/connections/kafka/kafka-membership.ts';
import type { KafkaMessage } from '../../../../src/connections/kafka/partition-reader.ts';
import { eventTables } from '../../../../src/replication/source/kafka/event-tables.ts';
import type { CapturedTopic } from '../../../../src/replication/source/kafka/kafka-source.ts';
import { partitionMarkers } from '../../../../src/replication/source/kafka/partition-markers.ts';
import { topicsOf } from '../../../../src/replication/source/kafka/topic-layout.ts';
import { beat } from '../../../../src/watermarks/heartbeat.ts';
import { blocksUnder } from '../../../support/documented-commands.ts';
import { captureThrough, GROUP, type TopicOfShard } from '../../../support/kafka/captured-topic.ts';
import { ClickHouseProcess } from '../../../support/kafka/clickhouse-process.ts';
import { type KafkaEngines, startKafka } from '../../../support/kafka/kafka-engines.ts';
import { missingForKafka } from '../../../support/kafka/kafka-programs.ts';
import { deleteMessages, produce } from '../../../support/kafka/topic-administration.ts';
import { temporaryDirectory } from '../../../support/run-directory.ts';
import { caughtUp, expectEqualStores, put, WAIT } from '../../support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from '../../support/replicated-shard.ts';

/** `npm run kafka`. */
const isAsked = process.env.ATLAS_TEST_KAFKA === 'long' && (await missingForKafka()) === null;
const PARTITIONS = 3;
const TIMEOUT = { timeout: 120_000 };

/** The messages of one partition arrive when the test lets them. */
class HeldPartition {
  #open = () => {};
  #gate = Promise.resolve();
  /** What has been read of the others, the newest last. */
  readonly read: KafkaMessage[] = [];

  constructor(readonly partition: number) {}

  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
    this.#gate = Promise.resolve();
  }

  /** What a source sees of a cluster whose other partitions are as fast as ever. */
  readonly through = (cluster: KafkaCluster): CapturedTopic['cluster'] => ({
    partitions: (topic) => cluster.partitions(topic),
    holder: (group) => cluster.holder(group),
    positions: (group, topics) => cluster.positions(group, topics),
    placesAt: (group, topics, time) => cluster.placesAt(group, topics, time),
    moveGroup: (group, places) => cluster.moveGroup(group, places),
    join: async (group, topic, sessionTimeoutMs) => {
      const membership = await cluster.join(group, topic, sessionTimeoutMs);
      if (membership === null) return null;
      const messages: KafkaMembership['messages'] = (from, signal, isWanted) => {
        const isHeld = (place: { readonly topic: string; readonly partition: number }) =>
          place.topic === 'atlas.changes.s0' && place.partition === this.partition;
        return merged(
          this.#seen(
            membership.messages(
              from.filter((place) => !isHeld(place)),
              signal,
              isWanted,
            ),
          ),
          this.#gated(membership.messages(from.filter(isHeld), signal, isWanted)),
        );
      };
      return Object.assign(Object.create(membership), {
        messages,
        commit: membership.commit.bind(membership),
        close: membership.close.bind(membership),
      });
    },
  });

  /** Whether a heartbeat of this time, or a later one, has been read. */
  sawHeartbeatSince(time: number): boolean {
    return this.read.some(({ value }) => {
      const at = /"heartbeat_at":"([^"]+)","cdc_publication"[^}]*},"source"/.exec(value?.toString() ?? '')?.[1];
      return at !== undefined && Date.parse(at) >= Math.floor(time);
    });
  }

  async *#seen(batches: AsyncGenerator<readonly KafkaMessage[]>): AsyncGenerator<readonly KafkaMessage[]> {
    for await (const batch of batches) {
      this.read.push(...batch);
      yield batch;
    }
  }

  async *#gated(batches: AsyncGenerator<readonly KafkaMessage[]>): AsyncGenerator<readonly KafkaMessage[]> {
    for await (const batch of batches) {
      await this.#gate;
      yield batch;
    }
  }
}

async function* merged(...sources: AsyncGenerator<readonly KafkaMessage[]>[]) {
  const next = new Map(sources.map((source, index) => [index, source.next().then((result) => ({ index, result }))]));
  while (next.size > 0) {
    const { index, result } = await Promise.race(next.values());
    if (result.done) return;
    const source = sources[index];
    if (source !== undefined)
      next.set(
        index,
        source.next().then((result) => ({ index, result })),
      );
    yield result.value;
  }
}

describe.skipIf(!isAsked)('changes through a topic with several partitions', () => {
  let kafka: KafkaEngines;
  let shard: ReplicatedShard;
  let topic: TopicOfShard;
  let markers: readonly string[];
  beforeAll(async () => {
    markers = await partitionMarkers(PARTITIONS);
    [kafka, shard] = await Promise.all([startKafka(), startReplicatedShard()]);
    topic = await captureThrough(kafka, shard, 'atlas.changes.s0', PARTITIONS);
    await topic.startConnector();
  }, 240_000);
  afterAll(async () => {
    await topic?.stop();
    await shard?.stop();
    await kafka?.stop();
  }, 60_000);

  const heartbeat = () => beat(shard.primary, 0, markers);
  const ends = () => topic.cluster.positions(GROUP, topicsOf(topic));

  it('has each tenant in one partition, and a message of each heartbeat in every one', TIMEOUT, async () => {
    const before = await ends();
    await heartbeat();
    await vi.waitFor(async () => {
      const grown = (await ends()).map(({ end }, index) => Number(end - (before[index]?.end ?? 0n)));
      // One of them has the heartbeat itself as well.
      expect(grown.slice(0, PARTITIONS).toSorted()).toEqual([1, 1, 2]);
    }, WAIT);
    for (const tenant of [1, 2, 3]) {
      const before = await ends();
      for (let id = 1; id <= 5; id++) await put(shard, id, { '1': 'x' }, tenant);
      await vi.waitFor(async () => {
        const grown = (await ends()).map(({ end }, index) => Number(end - (before[index]?.end ?? 0n)));
        expect(grown[tenant % PARTITIONS]).toBe(5);
        expect(grown.slice(0, PARTITIONS).reduce((sum, count) => sum + count, 0)).toBe(5);
      }, WAIT);
    }
  });

  it(
    'copies and streams transactions of several tenants, and an entity that gets another tenant',
    TIMEOUT,
    async () => {
      const running = await shard.replicator({ source: topic.source(shard.primary) });
      await vi.waitFor(() => expect(running.state()).toMatchObject({ phase: 'streaming', lastError: null }), WAIT);
      await shard.sql(
        'UPDATE atlas.entity SET tenant_id = tenant_id + 1, entity_id = entity_id + 100 WHERE entity_id = 1',
      );
      await shard.sql("UPDATE atlas.entity SET version = version + 1, attributes = '{}' WHERE entity_id IN (2, 3)");
      await shard.sql('DELETE FROM atlas.entity WHERE entity_id IN (3, 4)');
      await caughtUp(shard);
      await expectEqualStores(shard);
      expect(running.state()).toMatchObject({ phase: 'streaming', lastError: null });
      await running.stop();
    },
  );

  it('shows nothing that a partition which lags could still precede', TIMEOUT, async () => {
    const lagging = new HeldPartition(2);
    const running = await shard.replicator({ source: topic.source(shard.primary, lagging.through) });
    await caughtUp(shard);
    const reached = await shard.sink.position();
    const changes = (entity: number) =>
      shard.clickhouse.query<{ lsn: string }>(
        'SELECT toString(lsn) AS lsn FROM entity_change FINAL WHERE entity_id = {entity:UInt64}',
        { entity },
      );
    lagging.hold();
    await put(shard, 501, { '1': 'before' }, 1);
    await put(shard, 502, { '1': 'of the partition that lags' }, 2);
    await put(shard, 503, { '1': 'after' }, 1);
    const at = await heartbeat();
    // The one before is there, and so are the messages of the one after, which must not be seen.
    await vi.waitFor(async () => expect(await changes(501)).toHaveLength(1), WAIT);
    for (let beats = 0; beats < 10; beats++) await heartbeat();
    const last = (await heartbeat()) - 1;
    await vi.waitFor(() => expect(lagging.sawHeartbeatSince(last)).toBe(true), WAIT);
    expect(await changes(503)).toEqual([]);
    const held = await shard.sink.position();
    expect(held?.heartbeatAt ?? 0).toBeLessThan(at);
    expect(held?.lsn).toBe(reached?.lsn);
    const committed = await ends();
    expect(committed.some(({ end, committed }) => end - (committed ?? 0n) >= 10n)).toBe(true);
    lagging.release();
    await caughtUp(shard);
    await expectEqualStores(shard);
    const positions = (await Promise.all([501, 502, 503].map(changes))).map(([row]) => BigInt(row?.lsn ?? 0));
    expect(positions).toEqual(positions.toSorted((one, other) => (one < other ? -1 : 1)));
    await running.stop();
  });

  const failedWith = async (reason: RegExp) => {
    const running = await shard.replicator({ source: topic.source(shard.primary) });
    await vi.waitFor(async () => {
      await heartbeat();
      expect(running.state()).toMatchObject({ phase: 'failed', lastError: expect.stringMatching(reason) });
    }, WAIT);
    await running.stop();
    const copying = await shard.replicator({ source: topic.source(shard.primary), resnapshot: true });
    const replaced = (await shard.sink.position())?.copyId ?? 0n;
    await vi.waitFor(async () => expect((await shard.sink.position())?.copyId).toBeGreaterThan(replaced), WAIT);
    await caughtUp(shard);
    await expectEqualStores(shard);
    await copying.stop();
  };

  it('fails if one partition has lost messages, and is repaired by a copy', TIMEOUT, async () => {
    await put(shard, 601, { '1': 'lost' }, 1);
    await put(shard, 602, { '1': 'kept' }, 2);
    await heartbeat();
    const place = await vi.waitFor(async () => {
      const found = (await ends())[1];
      expect(found?.end ?? 0n).toBeGreaterThan((found?.committed ?? 0n) + 1n);
      return { topic: topic.topic, partition: 1, offset: found?.end ?? 0n };
    }, WAIT);
    await deleteMessages(kafka.bootstrap, place);
    await failedWith(/^The topic atlas.changes.s0 cannot be followed: \d+ changes of transaction \d+ are missing/);
  });

  it.each(['atlas.changes.s0', 'atlas.changes.s0.transactions'])(
    'stops at a message of %s that is not one of the connector',
    TIMEOUT,
    async (name) => {
      await produce(kafka.bootstrap, name, 'poison', 0);
      await put(shard, 603, { '1': 'behind it' }, 3);
      await failedWith(/message \d+ of partition 0 of atlas.changes.s0.* it is not JSON/);
    },
  );

  it('is read by ClickHouse itself, which keeps each message as it is', TIMEOUT, async () => {
    const directory = temporaryDirectory('clickhouse');
    const clickhouse = new ClickHouseProcess(directory);
    const tables = eventTables({
      ...{ brokers: [kafka.bootstrap], topics: [topic.topic], group: 'atlas.events', retentionDays: 7 },
    });
    try {
      for (const statement of tables) await clickhouse.command(statement);
      // A second view is not atomic with the first: what it refuses, the first one has.
      await clickhouse.command('CREATE TABLE second (value String) ENGINE = MergeTree ORDER BY tuple()');
      await clickhouse.command(
        "CREATE MATERIALIZED VIEW second_reader TO second AS SELECT if(throwIf(value = 'refused') = 0, value, '') AS value FROM kafka_event_queue",
      );
      const counted = async () =>
        Object.fromEntries(
          (
            await clickhouse.query<{ partition: string; n: string }>(
              'SELECT toString(partition) AS partition, count() AS n FROM kafka_event FINAL GROUP BY partition',
            )
          ).map(({ partition, n }) => [partition, Number(n)]),
        );
      const retained = async () =>
        Object.fromEntries(
          (await ends())
            .filter((place) => place.topic === topic.topic)
            .map(({ partition, earliest, end }) => [String(partition), Number(end - earliest)]),
        );
      await put(shard, 701, { '1': 'an event' }, 1);
      await produce(kafka.bootstrap, topic.topic, 'poison', 1);
      await put(shard, 702, { '1': 'behind it' }, 1);
      await heartbeat();
      await vi.waitFor(async () => expect(await counted()).toEqual(await retained()), WAIT);
      const [found] = await clickhouse.query<{ poison: string; behind: string }>(
        "SELECT countIf(value = 'poison') AS poison, countIf(position(value, 'behind it') > 0 AND JSONExtractString(value, 'op') = 'c') AS behind FROM kafka_event FINAL WHERE partition = 1",
      );
      expect(found).toEqual({ poison: '1', behind: '1' });
      const [query] = blocksUnder('docs/operating.md', '#### Events as they are, in ClickHouse', 'sql');
      const counts = await clickhouse.query<{ table: string; op: string; messages: string }>(query);
      expect(counts.map(({ table, op }) => `${table} ${op}`)).toEqual(
        expect.arrayContaining(['entity c', 'entity u', 'entity d', 'shard u']),
      );
      await produce(kafka.bootstrap, topic.topic, 'refused', 2);
      await vi.waitFor(async () => {
        const rows = await clickhouse.query<{ n: string }>(
          "SELECT count() AS n FROM kafka_event WHERE value = 'refused'",
        );
        expect(Number(rows[0]?.n)).toBeGreaterThan(0);
      }, WAIT);
      expect(await clickhouse.query("SELECT value FROM second WHERE value = 'refused'")).toEqual([]);
    } finally {
      await clickhouse.kill();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
