import type { RowChange, SinkPosition } from '../change.ts';
import type { ChangeSink, SinkBatch } from './change-sink.ts';

/** A copy that is built beside the one that is followed. */
class Beside {
  onTakenOver: () => void = () => {};
  /** From which position on it may take over; null: it lacks rows. */
  point: bigint | null = null;
  #isGivenUp = false;
  #writing: Promise<unknown> = Promise.resolve();
  /** Whether it has taken over; null: nothing has been asked for that would let it. */
  #takingOver: Promise<boolean> | null = null;

  constructor(
    readonly copyId: bigint,
    readonly onFollowing: () => void,
  ) {}

  /** One that is given up gets the rows if it takes over nevertheless: its watermark is being written, or has been. */
  async write(rows: SinkBatch): Promise<void> {
    if (this.#isGivenUp && !(await this.#takingOver)) return;
    const writing = rows.write();
    this.#writing = Promise.allSettled([this.#writing, writing]);
    await writing;
  }

  /** @param advance lets it take over. */
  async takeOver(advance: () => Promise<void>): Promise<void> {
    const advancing = advance();
    this.#takingOver = advancing.then(
      () => true,
      () => false,
    );
    await advancing;
  }

  /** @returns true: nothing is being written into it, and nothing will be; false: it has taken over. */
  async giveUp(): Promise<boolean> {
    this.#isGivenUp = true;
    await this.#writing;
    return !(await this.#takingOver);
  }
}

/**
 * The sink of one stream. What it is given for the copy that is followed, it can also write into a second one, until that has
 * everything and takes over: readers then find the second one, complete, with a position that continues the first one's.
 */
export class FollowingSink implements ChangeSink {
  readonly #sink: ChangeSink;
  #followed: bigint;
  #beside: Beside | null = null;

  /** @param followed the copy that the stream follows. */
  constructor(sink: ChangeSink, followed: bigint) {
    this.#sink = sink;
    this.#followed = followed;
  }

  /** The copy that the stream follows. */
  get followed(): bigint {
    return this.#followed;
  }

  /** Resolves when every change that is received from now on is written into this copy too. */
  follow(copyId: bigint): Promise<void> {
    return new Promise((resolve) => {
      this.#beside = new Beside(copyId, resolve);
    });
  }

  /**
   * Resolves when the copy has taken over: with the first position beyond `point`.
   * @param point the copy contains what committed before it, whether or not it came through here.
   */
  takeOver(point: bigint): Promise<void> {
    return new Promise((resolve) => {
      if (this.#beside === null) throw new Error('No copy follows');
      this.#beside.onTakenOver = resolve;
      this.#beside.point = point;
    });
  }

  /** The second copy will not take over. Resolves when nothing is written into it any more. @returns false: it had begun to, and has. */
  async giveUp(): Promise<boolean> {
    const beside = this.#beside;
    this.#beside = null;
    return beside === null || (await beside.giveUp());
  }

  position(signal?: AbortSignal): Promise<SinkPosition | null> {
    return this.#sink.position(signal);
  }

  /** A batch takes every change that is received once it is made, so that from the second one's first batch on, none is missing. */
  batch(): SinkBatch {
    const rows = this.#sink.batch(this.#followed, 'stream');
    if (this.#beside === null) return rows;
    this.#beside.onFollowing();
    return new DoubleBatch(rows, this.#beside, this.#sink.batch(this.#beside.copyId, 'copy'));
  }

  refreshAttributes(): Promise<void> {
    return this.#sink.refreshAttributes();
  }

  knowAttributes(revision: number): Promise<void> {
    return this.#sink.knowAttributes(revision);
  }

  async advance(from: bigint, to: SinkPosition, pendingMessages: number): Promise<void> {
    const beside = this.#beside;
    if (beside === null || beside.point === null || to.lsn < beside.point) {
      return this.#sink.advance(from, { ...to, copyId: this.#followed }, pendingMessages);
    }
    await beside.takeOver(() => this.#sink.advance(0n, { ...to, copyId: beside.copyId }, pendingMessages));
    this.#followed = beside.copyId;
    this.#beside = null;
    beside.onTakenOver();
  }

  beginCopy(options: { readonly endsEarlier: boolean }): Promise<bigint> {
    return this.#sink.beginCopy(options);
  }

  abandonCopy(copyId: bigint): Promise<void> {
    return this.#sink.abandonCopy(copyId);
  }

  removeUnused(): Promise<void> {
    return this.#sink.removeUnused();
  }
}

/** The same rows for two copies. */
class DoubleBatch implements SinkBatch {
  readonly #first: SinkBatch;
  readonly #beside: Beside;
  readonly #second: SinkBatch;

  constructor(first: SinkBatch, beside: Beside, second: SinkBatch) {
    this.#first = first;
    this.#beside = beside;
    this.#second = second;
  }

  get rows(): Readonly<Record<string, number>> {
    return this.#first.rows;
  }

  get bytes(): number {
    return this.#first.bytes + this.#second.bytes;
  }

  /** What is unknown to the one is unknown to the other: if the first one throws, neither has the change. */
  add(change: RowChange): void {
    this.#first.add(change);
    this.#second.add(change);
  }

  async write(): Promise<void> {
    await this.#first.write();
    await this.#beside.write(this.#second);
  }
}
