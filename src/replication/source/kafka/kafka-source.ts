import type { KafkaCluster } from '../../../connections/kafka/kafka-cluster.ts';
import type { KafkaMembership } from '../../../connections/kafka/kafka-membership.ts';
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
import { decodeDebezium } from './debezium-message.ts';
import { topicStep } from './topic-step.ts';
import { type AssembledTransaction, BrokenTopicError, TransactionAssembler } from './transaction-assembler.ts';
import { HeartbeatGapError, TransactionDelivery } from './transaction-delivery.ts';

/** Messages of a transaction that are kept until its end. A larger one is read twice. */
const MAX_TRANSACTION_BYTES = 32 * 2 ** 20;
/** What the clocks of a primary and of whoever stamps the messages may differ by, in milliseconds. A greater difference costs a copy. */
const CLOCKS_DIFFER_MS = 600_000;

export interface CapturedTopic {
  readonly cluster: Pick<KafkaCluster, 'partitions' | 'holder' | 'position' | 'offsetAt' | 'moveGroup' | 'join'>;
  readonly topic: string;
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
    const { cluster, topic, group } = this.#captured;
    const [state, partitions, holder] = await Promise.all([
      readPrimary(primary, signal),
      cluster.partitions(topic),
      cluster.holder(group),
    ]);
    signal.throwIfAborted();
    return topicStep(endpoints.id, state, { topic, partitions, holder }, reached);
  }

  /** Whatever the topic has before the copy begins has committed before the point of the copy, so the group need not read it. */
  async copy(request: CopyRequest, signal: AbortSignal): Promise<boolean> {
    const { cluster, topic, group } = this.#captured;
    let before: bigint | null = null;
    const begin = async () => {
      before = (await cluster.position(group, topic)).end;
      return request.begin();
    };
    const isDone = await initialCopy(this.#shard, { ...request, begin }, BESIDE_CONNECTOR, signal);
    if (before !== null) await cluster.moveGroup(group, topic, before);
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
    const membership = await cluster.join(group, topic, sessionTimeoutMs);
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
    const [first, ...others] = await this.#beginnings(from);
    for (const offset of [first ?? 0n, ...others]) {
      try {
        return await this.#read(membership, offset, delivery, signal);
      } catch (error) {
        if (error instanceof BrokenTopicError) {
          throw mustBeCopied(`The topic ${topic} cannot be followed: ${error.message}`, { lasts: true });
        }
        if (!(error instanceof HeartbeatGapError)) throw error;
        if (offset === others.at(-1) || others.length === 0) {
          throw mustBeCopied(`Changes are missing in the topic ${topic}: ${error.message}`, { lasts: true });
        }
      }
    }
  }

  /** Where what follows the sink's position may begin, the likeliest first, each before the one in front of it. */
  async #beginnings({ heartbeatAt }: SinkPosition): Promise<readonly bigint[]> {
    const { cluster, topic, group } = this.#captured;
    const { earliest, end, committed } = await cluster.position(group, topic);
    const since = heartbeatAt === null ? null : heartbeatAt - CLOCKS_DIFFER_MS;
    const byTime = since === null ? earliest : ((await cluster.offsetAt(group, topic, since)) ?? earliest);
    if (committed === null || committed < earliest || committed > end) return [byTime];
    return byTime < committed ? [committed, byTime] : [committed];
  }

  async #read(
    membership: KafkaMembership,
    offset: bigint,
    delivery: TransactionDelivery,
    signal: AbortSignal,
  ): Promise<void> {
    const assembler = new TransactionAssembler(delivery.proven, MAX_TRANSACTION_BYTES);
    for await (const message of membership.messages(offset, signal)) {
      const transaction = assembler.take(message.value, message.offset);
      if (transaction === null) continue;
      if (transaction.changes === null) await this.#readAgain(membership, transaction, delivery, signal);
      else {
        for (const change of transaction.changes) {
          const received = delivery.deliver(transaction.lsn, change);
          if (received !== undefined) await received;
          if (signal.aborted) return;
        }
      }
      if (signal.aborted) return;
      const received = delivery.end(transaction.lsn, () => membership.commit(message.offset + 1n));
      if (received !== undefined) await received;
    }
  }

  /** Delivers a transaction that was too large to be kept, while the reading that has found its end waits. */
  async #readAgain(
    membership: KafkaMembership,
    { transaction, offset, lsn }: AssembledTransaction,
    delivery: TransactionDelivery,
    signal: AbortSignal,
  ): Promise<void> {
    let order = 0;
    for await (const message of membership.messages(offset, signal)) {
      const decoded = decodeDebezium(message.value);
      if (decoded.kind === 'end' && decoded.transaction === transaction && decoded.lsn === lsn) return;
      if (decoded.kind !== 'change' || decoded.transaction !== transaction || decoded.order !== order + 1) continue;
      order = decoded.order;
      const received = delivery.deliver(lsn, decoded);
      if (received !== undefined) await received;
    }
  }
}
