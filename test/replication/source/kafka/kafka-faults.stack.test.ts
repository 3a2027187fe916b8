import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openChdb } from '../../../../src/connections/clickhouse/chdb-pool.ts';
import type { ShardReplicator } from '../../../../src/replication/shard-replicator.ts';
import { partitionMarkers } from '../../../../src/replication/source/kafka/partition-markers.ts';
import { topicsOf } from '../../../../src/replication/source/kafka/topic-layout.ts';
import { ofTestCluster } from '../../../support/clickhouse.ts';
import { captureThrough, GROUP, type TopicOfShard } from '../../../support/kafka/captured-topic.ts';
import { type KafkaEngines, startKafka } from '../../../support/kafka/kafka-engines.ts';
import { missingForKafka } from '../../../support/kafka/kafka-programs.ts';
import { deleteMessages } from '../../../support/kafka/topic-administration.ts';
import { temporaryDirectory } from '../../../support/run-directory.ts';
import { caughtUp, expectEqualStores, put, putMany, WAIT } from '../../support/replicated-data.ts';
import {
  CHDB_LIMITS,
  type ReplicatedShard,
  replicate,
  type ShardDatabase,
  startShardDatabase,
} from '../../support/replicated-shard.ts';
import { WatermarkTruth } from '../../support/watermark-truth.ts';

/** `npm run kafka`. */
const isAsked = process.env.ATLAS_TEST_KAFKA === 'long' && (await missingForKafka()) === null;
const PROGRAM = fileURLToPath(new URL('../../support/replicator-process.ts', import.meta.url));
const TIMEOUT = { timeout: 240_000 };

describe.skipIf(!isAsked).each([1, 3])(
  'changes through Debezium and Kafka with %i partitions while parts are killed',
  (partitions) => {
    let kafka: KafkaEngines;
    let database: ShardDatabase;
    let shard: ReplicatedShard;
    let topic: TopicOfShard;
    let path: string;
    beforeAll(async () => {
      path = temporaryDirectory('clickhouse');
      const markers = await partitionMarkers(partitions);
      [kafka, database] = await Promise.all([startKafka(), startShardDatabase({}, false, markers)]);
      topic = await captureThrough(kafka, database, 'atlas.changes.s0', partitions);
      await topic.startConnector();
    }, 240_000);
    afterAll(async () => {
      await topic?.stop();
      await shard?.stop();
      await database?.stop();
      await kafka?.stop();
      rmSync(path, { recursive: true, force: true });
    }, 60_000);

    const started: ShardReplicator[] = [];
    afterEach(async () => {
      for (const running of started.splice(0)) await running.stop();
    }, 60_000);

    async function replicator(resnapshot = false): Promise<ShardReplicator> {
      const running = await shard.replicator({ source: topic.source(shard.primary), resnapshot });
      started.push(running);
      return running;
    }
    const failed = (running: ShardReplicator, reason: string) =>
      vi.waitFor(async () => {
        await shard.beat();
        expect(running.state()).toMatchObject({ phase: 'failed', lastError: expect.stringContaining(reason) });
      }, WAIT);

    async function endsOfTopics() {
      const positions = await topic.cluster.positions(GROUP, topicsOf(topic));
      return positions.map(({ topic, partition, end }) => ({ topic, partition, offset: end }));
    }

    it('leaves neither gap nor duplicate when the consumer is killed', TIMEOUT, async () => {
      await putMany(database, 1, 2_000);
      for (const [round, batches] of [2, 1, 10].entries()) await consumeUntilKilled(batches, round);
      // By default, the broker would hold who was killed for 45 s.
      await vi.waitFor(async () => expect(await topic.cluster.holder(GROUP)).toBeNull(), { timeout: 20_000 });
      shard = replicate(database, ofTestCluster(await openChdb(path, CHDB_LIMITS)));
      const survivor = await replicator();
      await caughtUp(shard);
      await expectEqualStores(shard);
      expect(survivor.state()).toMatchObject({ phase: 'streaming', lastError: null });
      await survivor.stop();
    });

    /** While entities are being written, changed and deleted. */
    async function consumeUntilKilled(batches: number, round: number): Promise<void> {
      const { primary } = database.endpoints;
      const through = [kafka.bootstrap, topic.topic, String(partitions)];
      const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, primary, path, ...through], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let dead = false;
      const exited = once(child, 'exit').then(() => {
        dead = true;
      });
      let written = 0;
      createInterface({ input: child.stdout }).on('line', () => {
        if (++written === batches) child.kill('SIGKILL');
      });
      for (let id = 1; !dead; id++) {
        await putMany(database, id * 50, id * 50 + 120, round);
        await put(database, 10_000 + id, { '1': `round ${round}`, '3': true });
        await database.sql('DELETE FROM atlas.entity WHERE entity_id = $1', [id * 7]);
        await database.beat();
      }
      await exited;
      expect(written).toBeGreaterThanOrEqual(batches);
    }

    it('never promises what is not there, while the connector and the broker are killed', TIMEOUT, async () => {
      const running = await replicator();
      await vi.waitFor(() => expect(running.state()).toMatchObject({ phase: 'streaming', lastError: null }), WAIT);
      await caughtUp(shard);
      const truth = new WatermarkTruth(shard);
      for (const part of [kafka.connect, kafka.broker, kafka.connect]) {
        const before = truth.written;
        await vi.waitFor(() => expect(truth.written).toBeGreaterThan(before + 100), WAIT);
        // Killed within a transaction, which the connector then resumes in its middle.
        await putMany(shard, 100_000, 130_000, before);
        await part.kill();
        await part.start();
        await vi.waitFor(
          async () => {
            const { heartbeatAt } = (await shard.sink.position()) ?? { heartbeatAt: null };
            expect(heartbeatAt ?? 0).toBeGreaterThan(Date.now() - 2_000);
          },
          { timeout: 120_000, interval: 200 },
        );
      }
      await truth.stop();
      expect(truth.broken).toEqual([]);
      expect(truth.looks).toBeGreaterThan(100);
      await caughtUp(shard);
      await expectEqualStores(shard);
      expect(running.state()).toMatchObject({ phase: 'streaming', lastError: null });
      await running.stop();
    });

    it('reads a transaction twice that is too large to be kept', TIMEOUT, async () => {
      const running = await replicator();
      await shard.sql(
        `INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
       SELECT 1, i, 'thing', 1, now(), now(), jsonb_build_object('1', repeat('x', 500)) FROM generate_series(200001, 240000) i`,
      );
      await caughtUp(shard);
      await expectEqualStores(shard);
      expect(running.state()).toMatchObject({ phase: 'streaming', lastError: null });
      await running.stop();
    });

    it('lets a standby take over', TIMEOUT, async () => {
      const leader = await replicator();
      await caughtUp(shard);
      const standby = await replicator();
      await vi.waitFor(() => expect(standby.state().phase).toBe('standby'), WAIT);
      await leader.stop();
      await put(shard, 20_001, { '1': 'by the next leader' });
      await caughtUp(shard);
      expect(standby.state()).toMatchObject({ phase: 'streaming', lastError: null });
      await standby.stop();
    });

    it(
      'reads again what the sink lacks although the group has read it, as long as the topic has it',
      TIMEOUT,
      async () => {
        const { copyId } = (await shard.sink.position()) ?? {};
        await putMany(shard, 1, 500, 7);
        await shard.beat();
        await shard.beat();
        await vi.waitFor(async () => {
          const ends = await endsOfTopics();
          await topic.cluster.moveGroup(GROUP, ends);
          expect(ends.reduce((sum, { offset }) => sum + offset, 0n)).toBeGreaterThan(500n);
        }, WAIT);
        const running = await replicator();
        await caughtUp(shard);
        await expectEqualStores(shard);
        expect((await shard.sink.position())?.copyId).toBe(copyId);
        await running.stop();
      },
    );

    it('fails, and is repaired by a copy, if the topic has lost messages', TIMEOUT, async () => {
      await putMany(shard, 1, 50, 8);
      await shard.beat();
      await shard.beat();
      await vi.waitFor(async () => {
        const positions = await topic.cluster.positions(GROUP, topicsOf(topic));
        const unread = positions.reduce((sum, { end, committed }) => sum + end - (committed ?? 0n), 0n);
        expect(unread).toBeGreaterThan(50n);
        for (const place of await endsOfTopics()) await deleteMessages(kafka.bootstrap, place);
      }, WAIT);
      const running = await replicator();
      await failed(running, 'Changes are missing in the topic atlas.changes.s0: the heartbeat of');
      await running.stop();
      const copying = await replicator(true);
      await caughtUp(shard);
      await expectEqualStores(shard);
      await copying.stop();
    });

    it('notices that the connector has lost its slot, and is not misled by its snapshot', TIMEOUT, async () => {
      const running = await replicator();
      await caughtUp(shard);
      await kafka.connect.kill();
      kafka.forgetOffsets();
      await shard.dropSlot();
      await shard.sql('DELETE FROM atlas.entity WHERE entity_id BETWEEN 200001 AND 239900');
      await put(shard, 20_002, { '1': 'while nobody listens' });
      await shard.beat();
      await topic.startConnector({ 'snapshot.mode': 'initial' });
      await failed(running, 'Changes are missing in the topic atlas.changes.s0: the heartbeat of');
      await running.stop();
      const copying = await replicator(true);
      await caughtUp(shard);
      await expectEqualStores(shard);
      expect(copying.state()).toMatchObject({ phase: 'streaming', lastError: null });
      await copying.stop();
    });

    it('goes on from the slot to the topic, without another copy', TIMEOUT, async () => {
      await kafka.connect.kill();
      kafka.forgetOffsets();
      const bySlot = await vi.waitFor(async () => {
        const running = await shard.replicator();
        started.push(running);
        await vi.waitFor(() => expect(running.state().phase).toBe('streaming'), WAIT);
        return running;
      }, WAIT);
      await caughtUp(shard);
      await bySlot.stop();
      const { copyId } = (await shard.sink.position()) ?? {};
      await putMany(shard, 1, 200, 9);
      await shard.beat();
      await topic.startConnector();
      const running = await replicator();
      await caughtUp(shard);
      await expectEqualStores(shard);
      expect((await shard.sink.position())?.copyId).toBe(copyId);
      await running.stop();
    });
  },
);
