import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { partitionMarkers } from '../../../../src/replication/source/kafka/partition-markers.ts';
import { captureThrough, type TopicOfShard } from '../../../support/kafka/captured-topic.ts';
import { type ConnectWorkers, connectWorkers } from '../../../support/kafka/connect-workers.ts';
import { type KafkaEngines, startKafka } from '../../../support/kafka/kafka-engines.ts';
import { missingForKafka } from '../../../support/kafka/kafka-programs.ts';
import { caughtUp, expectEqualStores, putMany, WAIT } from '../../support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from '../../support/replicated-shard.ts';
import { WatermarkTruth } from '../../support/watermark-truth.ts';

/** `npm run kafka`. */
const isAsked = process.env.ATLAS_TEST_KAFKA === 'long' && (await missingForKafka()) === null;
const PARTITIONS = 3;
const LONG_WAIT = { timeout: 120_000, interval: 100 };

describe.skipIf(!isAsked)('changes through Kafka Connect with two workers', () => {
  let kafka: KafkaEngines;
  let shard: ReplicatedShard;
  let workers: ConnectWorkers;
  let topic: TopicOfShard;
  beforeAll(async () => {
    const markers = await partitionMarkers(PARTITIONS);
    [kafka, shard] = await Promise.all([startKafka(), startReplicatedShard({}, false, markers)]);
    workers = await connectWorkers(kafka, 2);
    const { configure, connect } = workers;
    const through = { bootstrap: kafka.bootstrap, configure, connect };
    topic = await captureThrough(through, shard, 'atlas.changes.s0', PARTITIONS);
    await topic.startConnector();
  }, 240_000);
  afterAll(async () => {
    await topic?.stop();
    await workers?.stop();
    await shard?.stop();
    await kafka?.stop();
  }, 60_000);

  it('goes on with the other worker when the one that reads the slot is killed, and promises nothing that is not there', {
    timeout: 400_000,
  }, async () => {
    const running = await shard.replicator({ source: topic.source(shard.primary) });
    await vi.waitFor(() => expect(running.state()).toMatchObject({ phase: 'streaming', lastError: null }), WAIT);
    await caughtUp(shard);
    const { copyId } = (await shard.sink.position()) ?? {};
    const truth = new WatermarkTruth(shard);
    const holders: string[] = [];
    try {
      for (const round of [1, 2, 3]) {
        const before = truth.written;
        await vi.waitFor(() => expect(truth.written).toBeGreaterThan(before + 100), LONG_WAIT);
        const holder = await vi.waitFor(async () => {
          const name = await workers.holder();
          if (name === null) throw new Error(`No worker runs the task:\n${workers.connect.tail()}`);
          return name;
        }, LONG_WAIT);
        holders.push(holder);
        // Killed within a transaction.
        await putMany(shard, 100_000, 130_000, round);
        await workers.worker(holder).kill();
        await putMany(shard, 130_000, 132_000, round);
        await vi.waitFor(async () => {
          expect([holder, null]).not.toContain(await workers.holder());
          expect((await shard.sink.position())?.heartbeatAt ?? 0).toBeGreaterThan(Date.now() - 2_000);
        }, LONG_WAIT);
        await workers.worker(holder).start();
      }
    } finally {
      await truth.stop();
    }
    expect(new Set(holders)).toEqual(new Set(workers.names));
    expect(truth.broken).toEqual([]);
    expect(truth.looks).toBeGreaterThan(100);
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(running.state()).toMatchObject({ phase: 'streaming', lastError: null });
    // Nothing had to be copied.
    expect((await shard.sink.position())?.copyId).toBe(copyId);
    await running.stop();
  });
});
