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
    [kafka, shard] = await Promise.all([
      startKafka(),
      startReplicatedShard({ wal_sender_timeout: '5s' }, false, markers),
    ]);
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

  /** The worker that runs the task. */
  const holder = () =>
    vi.waitFor(async () => {
      const name = await workers.holder();
      if (name === null) throw new Error(`No worker runs the task:\n${workers.connect.tail()}`);
      return name;
    }, LONG_WAIT);
  /** Until a worker other than that one has brought a recent heartbeat. */
  const goesOnWithout = (name: string) =>
    vi.waitFor(async () => {
      expect([name, null]).not.toContain(await workers.holder());
      expect((await shard.sink.position())?.heartbeatAt ?? 0).toBeGreaterThan(Date.now() - 2_000);
    }, LONG_WAIT);
  const writtenSince = (truth: WatermarkTruth, before: number) =>
    vi.waitFor(() => expect(truth.written).toBeGreaterThan(before + 100), LONG_WAIT);

  /** Of the entities that the next test writes. */
  let first = 5_000_000;
  /** @param interrupt what happens while entities are being written. */
  async function losesNothing(interrupt: (truth: WatermarkTruth) => Promise<void>): Promise<void> {
    const running = await shard.replicator({ source: topic.source(shard.primary) });
    await vi.waitFor(() => expect(running.state()).toMatchObject({ phase: 'streaming', lastError: null }), WAIT);
    await caughtUp(shard);
    const { copyId } = (await shard.sink.position()) ?? {};
    const truth = new WatermarkTruth(shard, first);
    first += 1_000_000;
    try {
      await interrupt(truth);
    } finally {
      await truth.stop();
    }
    expect(truth.broken).toEqual([]);
    expect(truth.looks).toBeGreaterThan(100);
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(running.state()).toMatchObject({ phase: 'streaming', lastError: null });
    // Nothing had to be copied.
    expect((await shard.sink.position())?.copyId).toBe(copyId);
    await running.stop();
  }

  it('goes on with the other one when the one that reads the slot is killed', { timeout: 400_000 }, async () => {
    const killed = new Set<string>();
    await losesNothing(async (truth) => {
      for (const round of [1, 2, 3]) {
        await writtenSince(truth, truth.written);
        const name = await holder();
        killed.add(name);
        // Killed within a transaction.
        await putMany(shard, 100_000, 130_000, round);
        await workers.worker(name).kill();
        await putMany(shard, 130_000, 132_000, round);
        await goesOnWithout(name);
        await workers.worker(name).start();
      }
    });
    expect(killed).toEqual(new Set(workers.names));
  });

  it('goes on with the other one when that one is suspended, and when it awakes', {
    timeout: 400_000,
  }, async () => {
    await losesNothing(async (truth) => {
      const name = await holder();
      await putMany(shard, 200_000, 230_000, 1);
      process.kill(workers.worker(name).pid, 'SIGSTOP');
      await putMany(shard, 200_000, 210_000, 2);
      await goesOnWithout(name);
      process.kill(workers.worker(name).pid, 'SIGCONT');
      await writtenSince(truth, truth.written);
      await putMany(shard, 210_000, 220_000, 3);
      await writtenSince(truth, truth.written);
    });
  });
});
