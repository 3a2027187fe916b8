import { once } from 'node:events';
import type { EntityChange, SinkPosition } from '../../../src/replication/change.ts';
import type {
  ChangeReceiver,
  ChangeSource,
  CopyRequest,
  NextStep,
  StreamOptions,
} from '../../../src/replication/source/change-source.ts';

/** A message of a partition: a change, or a heartbeat row with the last position that committed before it. */
export type Message =
  | { readonly change: EntityChange; readonly isSnapshot?: true }
  | { readonly heartbeatAt: number; readonly committedLsn: bigint }
  /** The first consumer that reaches this offset loses its connection. */
  | { readonly cut: true };

/**
 * A topic as Debezium would fill it, consumed by group offsets: as the contract of ChangeSource describes it. The
 * snapshot is the first messages of each partition.
 */
export class TopicSource implements ChangeSource {
  readonly #partitions: readonly (readonly Message[])[];
  readonly #cuts = new Set<Message>();
  /** Per partition, the offset of the first message that is not acknowledged. */
  committed: readonly number[];
  /** How often each change has been delivered. */
  readonly delivered = new Map<EntityChange, number>();

  constructor(partitions: readonly (readonly Message[])[]) {
    this.#partitions = partitions;
    this.committed = partitions.map(() => 0);
  }

  async next(reached: SinkPosition | null): Promise<NextStep> {
    return reached === null ? { kind: 'copy', reason: null } : { kind: 'stream', from: reached };
  }

  async copy(request: CopyRequest): Promise<boolean> {
    if (!(await request.isNeeded())) return true;
    const receiver = await request.begin();
    const ends = this.#partitions.map((messages) => messages.findIndex((message) => !('isSnapshot' in message)));
    for (const [partition, end] of ends.entries()) {
      for (const message of this.#partitions[partition]?.slice(0, end) ?? []) {
        if ('change' in message) await this.#deliver(receiver, message.change);
      }
    }
    await receiver.receive({ kind: 'commit', lsn: 1n, acknowledge: () => this.#commit(ends) });
    await receiver.settle();
    return true;
  }

  async snapshot(): Promise<never> {
    throw new Error('A consumer of a topic asks the connector for that');
  }

  async stream(_from: SinkPosition, receiver: ChangeReceiver, { signal, onStart }: StreamOptions): Promise<never> {
    onStart();
    const offsets = [...this.committed];
    const heartbeats = new Map<number, { heartbeatAt: number; committedLsn: bigint }>();
    for (let turn = 0; offsets.some((offset, partition) => offset < this.#length(partition)); turn++) {
      const partition = turn % offsets.length;
      const message = this.#partitions[partition]?.[offsets[partition] ?? 0];
      if (message === undefined) continue;
      offsets[partition] = (offsets[partition] ?? 0) + 1;
      if ('cut' in message) {
        if (!this.#cuts.has(message)) {
          this.#cuts.add(message);
          throw new Error('The connection to the broker was lost');
        }
      } else if ('change' in message) {
        await this.#deliver(receiver, message.change);
      } else {
        heartbeats.set(partition, message);
        if (heartbeats.size === offsets.length) await this.#reach(receiver, [...heartbeats.values()], [...offsets]);
      }
    }
    if (!signal.aborted) await once(signal, 'abort');
    await receiver.settle();
    throw signal.reason;
  }

  /** What every partition has. */
  async #reach(
    receiver: ChangeReceiver,
    heartbeats: readonly { heartbeatAt: number; committedLsn: bigint }[],
    offsets: readonly number[],
  ): Promise<void> {
    const least = heartbeats.reduce((a, b) => (b.heartbeatAt < a.heartbeatAt ? b : a));
    await receiver.receive({ kind: 'heartbeat', at: least.heartbeatAt });
    await receiver.receive({ kind: 'commit', lsn: least.committedLsn, acknowledge: () => this.#commit(offsets) });
  }

  async #deliver(receiver: ChangeReceiver, change: EntityChange): Promise<void> {
    this.delivered.set(change, (this.delivered.get(change) ?? 0) + 1);
    await receiver.receive(change);
  }

  #commit(offsets: readonly number[]): void {
    this.committed = offsets;
  }

  #length(partition: number): number {
    return this.#partitions[partition]?.length ?? 0;
  }
}
