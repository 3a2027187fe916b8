import type { KafkaCluster } from '../../../connections/kafka/kafka-cluster.ts';
import type { KafkaMembership } from '../../../connections/kafka/kafka-membership.ts';
import type { KafkaMessage, KafkaPlace } from '../../../connections/kafka/partition-reader.ts';
import type { SinkPosition } from '../../change.ts';
import { mustBeCopied, UnrepairableError } from '../../unrepairable-error.ts';
import type {
  ChangeReceiver,
  ChangeSource,
  CopyProgress,
  CopyRequest,
  NextStep,
  StreamOptions,
} from '../change-source.ts';
import { type CopyPoint, initialCopy } from '../slot/initial-copy.ts';
import { readNeededCatalog } from '../slot/needed-catalog.ts';
import { PUBLICATION_WATCH_MS, verifyPublication } from '../slot/publication.ts';
import { type CapturedShard, readPrimary } from '../slot/replication-slot.ts';
import { snapshotBeside } from '../slot/snapshot-beside.ts';
import { CREATE_TEMPORARY_SLOT, untilImported } from '../slot/temporary-slot.ts';
import { decodeDebezium, UndecodableMessageError } from './debezium-message.ts';
import { OrderSet } from './order-set.ts';
import { firstOf, orderTopic, type TopicLayout, topicsOf } from './topic-layout.ts';
import { topicStep } from './topic-step.ts';
import {
  type AssembledTransaction,
  BrokenTopicError,
  type PlacedChange,
  TransactionAssembler,
} from './transaction-assembler.ts';
import { HeartbeatGapError, TransactionDelivery } from './transaction-delivery.ts';
import { TransactionJoin } from './transaction-join.ts';

/** Messages that are kept until the transaction is complete. One that is larger is read twice. */
const MAX_TRANSACTION_BYTES = 32 * 2 ** 20;
/** What the clocks of a primary and of whoever stamps the messages may differ by, in milliseconds. A greater difference costs a copy. */
const CLOCKS_DIFFER_MS = 600_000;

export interface CapturedTopic extends TopicLayout {
  readonly cluster: Pick<KafkaCluster, 'partitions' | 'holder' | 'positions' | 'placesAt' | 'moveGroup' | 'join'>;
  /** Its only member reads the topic, and it remembers how far. */
  readonly group: string;
  /** How long the member may be silent before the broker lets another process have the topic, in milliseconds. */
  readonly sessionTimeoutMs: number;
}

/** The connector's slot goes on streaming: whatever it has sent to the topic by now has committed before the point of a slot that is created afterwards. */
const BESIDE_CONNECTOR: CopyPoint = {
  prepare: async () => {},
  createSlot: CREATE_TEMPORARY_SLOT,
  report: untilImported,
};

/** Changes from a topic that Debezium fills as `connectorConfig` says. The topic's group excludes a second process. */
export class KafkaSource implements ChangeSource {
  readonly #shard: CapturedShard;
  readonly #captured: CapturedTopic;

  constructor(shard: CapturedShard, captured: CapturedTopic) {
    this.#shard = shard;
    this.#captured = captured;
  }

  async next(reached: SinkPosition | null, signal: AbortSignal): Promise<NextStep> {
    const { endpoints, primary } = this.#shard;
    const { cluster, group } = this.#captured;
    const [state, holder, ...partitions] = await Promise.all([
      readPrimary(primary, signal),
      cluster.holder(group),
      ...topicsOf(this.#captured).map((topic) => cluster.partitions(topic)),
    ]);
    signal.throwIfAborted();
    return topicStep(endpoints.id, state, { layout: this.#captured, partitions, holder }, reached);
  }

  /** Whatever the topics have before the copy begins has committed before the point of the copy, so the group need not read it. */
  async copy(request: CopyRequest, signal: AbortSignal): Promise<boolean> {
    const { cluster, group } = this.#captured;
    let before: readonly KafkaPlace[] | null = null;
    const begin = async () => {
      before = (await cluster.positions(group, topicsOf(this.#captured))).map(({ end, ...of }) => ({
        ...of,
        offset: end,
      }));
      return request.begin();
    };
    const isDone = await initialCopy(this.#shard, { ...request, begin }, BESIDE_CONNECTOR, signal);
    if (before !== null) await cluster.moveGroup(group, before);
    return isDone;
  }

  snapshot(
    receiver: Pick<ChangeReceiver, 'receive'>,
    onProgress: (progress: CopyProgress) => void,
    signal: AbortSignal,
  ): Promise<bigint | null> {
    return snapshotBeside(this.#shard, receiver, onProgress, signal);
  }

  async stream(from: SinkPosition, receiver: ChangeReceiver, options: StreamOptions): Promise<never> {
    const { signal, onStart, onCopyRequested } = options;
    const { cluster, topic, group, sessionTimeoutMs } = this.#captured;
    const { endpoints, primary } = this.#shard;
    const membership = await cluster.join(group, orderTopic(this.#captured), sessionTimeoutMs);
    if (membership === null) throw new Error(`Another process reads the topic ${topic}`);
    const ended = new AbortController();
    const onAbort = () => ended.abort(signal.reason);
    signal.addEventListener('abort', onAbort);
    let watch: NodeJS.Timeout | undefined;
    try {
      signal.throwIfAborted();
      await verifyPublication(primary);
      await receiver.receive({ kind: 'catalog', revision: await readNeededCatalog(primary) });
      signal.throwIfAborted();
      // A primary that does not answer is no reason: the topic goes on without it.
      const refuse = (error: unknown) => {
        if (error instanceof UnrepairableError) ended.abort(error);
      };
      watch = setInterval(() => void verifyPublication(primary).catch(refuse), PUBLICATION_WATCH_MS);
      const delivery = new TransactionDelivery({ shard: endpoints.id, from, receiver, onCopyRequested });
      onStart();
      await this.#follow(membership, from, delivery, ended.signal);
      throw ended.signal.reason;
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', onAbort);
      await receiver.settle();
      await membership.close();
    }
  }

  /** Until the signal is aborted. A group that has got further than the sink begins again where the sink is. */
  async #follow(
    membership: KafkaMembership,
    from: SinkPosition,
    delivery: TransactionDelivery,
    signal: AbortSignal,
  ): Promise<void> {
    const { topic } = this.#captured;
    const [first = [], ...others] = await this.#beginnings(from);
    for (const places of [first, ...others]) {
      try {
        return await this.#read(membership, places, delivery, signal);
      } catch (error) {
        if (error instanceof BrokenTopicError) {
          throw mustBeCopied(`The topic ${topic} cannot be followed: ${error.message}`, { lasts: true });
        }
        if (!(error instanceof HeartbeatGapError)) throw error;
        if (places === others.at(-1) || others.length === 0) {
          throw mustBeCopied(`Changes are missing in the topic ${topic}: ${error.message}`, { lasts: true });
        }
      }
    }
  }

  /**
   * Where what follows the sink's position may begin, the likeliest first. The group has all places from the same moment; or, in each partition, what was written
   * when the sink's heartbeat was.
   */
  async #beginnings({ heartbeatAt }: SinkPosition): Promise<readonly (readonly KafkaPlace[])[]> {
    const { cluster, group } = this.#captured;
    const topics = topicsOf(this.#captured);
    const partitions = await cluster.positions(group, topics);
    const earliest = partitions.map(({ topic, partition, earliest: offset }) => ({ topic, partition, offset }));
    const since = heartbeatAt === null ? null : heartbeatAt - CLOCKS_DIFFER_MS;
    const byTime = since === null ? earliest : firstOf(await cluster.placesAt(group, topics, since), earliest);
    const stored: KafkaPlace[] = [];
    for (const { topic, partition, committed, earliest, end } of partitions) {
      if (committed === null || committed < earliest || committed > end) return [byTime];
      stored.push({ topic, partition, offset: committed });
    }
    const isEarlier = byTime.some((place) =>
      stored.some(
        ({ topic, partition, offset }) =>
          topic === place.topic && partition === place.partition && place.offset < offset,
      ),
    );
    return isEarlier ? [stored, byTime] : [stored];
  }

  async #read(
    membership: KafkaMembership,
    from: readonly KafkaPlace[],
    delivery: TransactionDelivery,
    signal: AbortSignal,
  ): Promise<void> {
    const transactions =
      this.#captured.partitions === 1
        ? new TransactionAssembler(delivery.proven, MAX_TRANSACTION_BYTES)
        : new TransactionJoin(this.#captured, delivery.proven, MAX_TRANSACTION_BYTES);
    const messages = membership.messages(from, signal, (partition) => transactions.isWanted(partition));
    for await (const batch of messages) {
      for (const message of batch) {
        for (const transaction of transactions.take(message)) {
          await this.#deliver(membership, transaction, delivery, signal);
          if (signal.aborted) return;
        }
      }
    }
  }

  async #deliver(
    membership: KafkaMembership,
    transaction: AssembledTransaction,
    delivery: TransactionDelivery,
    signal: AbortSignal,
  ): Promise<void> {
    const { changes, lsn } = transaction;
    if (changes === null) await this.#readAgain(membership, transaction, delivery, signal);
    else {
      for (const change of changes) {
        const received = delivery.deliver(lsn, change);
        if (received !== undefined) await received;
        if (signal.aborted) return;
      }
    }
    if (signal.aborted) return;
    const next = transaction.next();
    const received = delivery.end(lsn, () => membership.commit(next));
    if (received !== undefined) await received;
  }

  /** Delivers a transaction that was too large to be kept, while the reading that has found its end waits. */
  async #readAgain(
    membership: KafkaMembership,
    { transaction, begins, lsn, count }: AssembledTransaction,
    delivery: TransactionDelivery,
    signal: AbortSignal,
  ): Promise<void> {
    const orders = new OrderSet();
    for await (const batch of membership.messages(begins, signal)) {
      for (const message of batch) {
        const change = changeOf(message, transaction);
        if (change === null || !orders.add(change.order)) continue;
        const received = delivery.deliver(lsn, change);
        if (received !== undefined) await received;
        if (signal.aborted || orders.size === count) return;
      }
    }
  }
}

/** Null: the message is none of the transaction's. */
function changeOf({ value }: KafkaMessage, transaction: string): PlacedChange | null {
  try {
    const decoded = decodeDebezium(value);
    return decoded.kind === 'change' && decoded.transaction === transaction ? decoded : null;
  } catch (error) {
    if (error instanceof UndecodableMessageError) return null;
    throw error;
  }
}
