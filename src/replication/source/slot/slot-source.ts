import type { Pgoutput } from 'pg-logical-replication';
import type { EntityChange, EntityTuple, RowChange, SinkPosition } from '../../change.ts';
import { UnrepairableError } from '../../unrepairable-error.ts';
import type {
  ChangeReceiver,
  ChangeSource,
  CopyProgress,
  CopyRequest,
  NextStep,
  StreamOptions,
} from '../change-source.ts';
import { ChangeDecoder, type SlotChange } from './change-decoder.ts';
import { initialCopy, STREAMED_SLOT } from './initial-copy.ts';
import { readNeededCatalog } from './needed-catalog.ts';
import { nextStep } from './next-step.ts';
import { PUBLICATION_WATCH_MS, verifyPublication } from './publication.ts';
import { type CapturedShard, readPrimary } from './replication-slot.ts';
import { LeaseLostError, SlotStream } from './slot-stream.ts';
import { snapshotBeside } from './snapshot-beside.ts';

/** Postgres' own default. */
const LONGEST_LEASE_MS = 60_000;

/** Changes from a logical replication slot on the shard's primary. The slot itself excludes a second process. */
export class SlotSource implements ChangeSource {
  readonly #shard: CapturedShard;
  /**
   * Doubles each time that this process does not keep it, until a change has been acknowledged: if a single huge change keeps the
   * process busy for longer than the lease, the stream would otherwise never get past it.
   */
  #leaseMs: number;

  constructor(shard: CapturedShard) {
    this.#shard = shard;
    this.#leaseMs = shard.leaseMs;
  }

  async next(reached: SinkPosition | null, signal: AbortSignal): Promise<NextStep> {
    const { endpoints, primary } = this.#shard;
    const step = nextStep(endpoints.id, await readPrimary(primary, signal), reached);
    if (step.kind === 'standby') this.#leaseMs = this.#shard.leaseMs;
    return step;
  }

  copy(request: CopyRequest, signal: AbortSignal): Promise<boolean> {
    return initialCopy(this.#shard, request, STREAMED_SLOT, signal);
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
    const { id, primary } = this.#shard.endpoints;
    const stream = new SlotStream({
      primary,
      from: from.lsn,
      leaseMs: this.#leaseMs,
      receive: (message) => deliver(message),
    });
    const decoder = new ChangeDecoder(id);
    const deliver = (message: Pgoutput.Message) => {
      // Sent again after every change of the publication, before the next change of the table.
      if (message.tag === 'relation') return verifyPublication(this.#shard.primary);
      const change = decoder.decode(message);
      if (change === null) return undefined;
      if (change.kind === 'copyRequest') {
        onCopyRequested(change.replaced);
        return undefined;
      }
      if (change.kind === 'commit') {
        const acknowledge = () => {
          this.#leaseMs = this.#shard.leaseMs;
          stream.acknowledge(change.lsn);
        };
        return receiver.receive({ ...change, acknowledge });
      }
      if (change.kind === 'heartbeat') return beat(change);
      return isMove(change) ? deliverMove(receiver, change) : receiver.receive(change);
    };
    let known = 0;
    const beat = ({ at, neededCatalog }: Extract<SlotChange, { kind: 'heartbeat' }>) => {
      if (neededCatalog <= known) return receiver.receive({ kind: 'heartbeat', at });
      return needCatalog(neededCatalog).then(() => receiver.receive({ kind: 'heartbeat', at }));
    };
    const needCatalog = async (revision: number) => {
      await receiver.receive({ kind: 'catalog', revision });
      known = revision;
    };
    let stopped = Promise.resolve();
    let watch: NodeJS.Timeout | undefined;
    const stop = async () => {
      await stream.quiesce();
      await receiver.settle();
      await stream.close(signal.reason as Error);
    };
    const onAbort = () => {
      stopped = stop();
    };
    signal.addEventListener('abort', onAbort);
    try {
      signal.throwIfAborted();
      await verifyPublication(this.#shard.primary);
      await needCatalog(await readNeededCatalog(this.#shard.primary));
      // `stop` has run if it aborted meanwhile, and cannot end a stream that begins afterwards.
      signal.throwIfAborted();
      // A table that is no longer published sends nothing that could be noticed.
      watch = setInterval(
        () => void verifyPublication(this.#shard.primary).catch((error) => refuse(stream, error)),
        PUBLICATION_WATCH_MS,
      );
      return await stream.run(onStart);
    } catch (error) {
      if (error instanceof LeaseLostError) this.#leaseMs = Math.min(2 * this.#leaseMs, LONGEST_LEASE_MS);
      throw error;
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', onAbort);
      await stopped;
    }
  }
}

/** A primary that does not answer breaks the stream by itself. */
function refuse(stream: SlotStream, error: unknown): void {
  if (error instanceof UnrepairableError) void stream.close(error);
}

type Upsert = Extract<EntityChange, { kind: 'upsert' }>;

/** Whether an update changed the key of the entity. */
function isMove(change: RowChange): change is Upsert & { readonly previous: EntityTuple } {
  if (change.kind !== 'upsert' || change.previous === null) return false;
  const { row, previous } = change;
  return row.entity_id !== previous.entity_id || row.tenant_id !== previous.tenant_id;
}

async function deliverMove(receiver: ChangeReceiver, { previous, ...change }: Upsert & { previous: EntityTuple }) {
  const { lsn, version } = change;
  await receiver.receive({ kind: 'delete', lsn, version, row: previous });
  await receiver.receive({ ...change, previous: null });
}
