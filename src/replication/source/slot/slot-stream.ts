import type { EventEmitter } from 'node:events';
import { LogicalReplicationService, type Pgoutput } from 'pg-logical-replication';
import { formatLsn } from './lsn.ts';
import { CDC_APPLICATION, CDC_SLOT } from './replication-slot.ts';
import { TextPgoutputPlugin } from './text-pgoutput-plugin.ts';

/** Signs of life per lease, so that one or two may be late. */
const STATUSES_PER_LEASE = 4;
/** Each status requests an answer; a primary that has not answered for this long counts as gone. */
const LONGEST_SILENCE_MS = 30_000;
/** How long closing a connection waits for the primary to read the last status. */
const FAREWELL_MS = 1_000;

export interface SlotStreamOptions {
  /** A libpq URI. */
  readonly primary: string;
  /** Everything before it is already here. */
  readonly from: bigint;
  /**
   * The primary ends the connection, and with it the hold on the slot, once it has heard nothing from this process for so long. A
   * primary that is busy itself, for example with decoding, first reads what has arrived.
   */
  readonly leaseMs: number;
  /** Messages arrive one after the other; the connection is not read while a promise is pending. */
  readonly receive: (message: Pgoutput.Message) => Promise<void> | undefined;
}

/** The primary has ended the stream because this process did not respond in time. Another one may have the slot by now. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor(silentMs: number, leaseMs: number) {
    const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
    super(
      `This process did not respond for ${seconds(silentMs)}, with a lease of ${seconds(leaseMs)}; the primary has ended its stream, and another process may have taken over`,
    );
  }
}

/**
 * One connection that streams the changes of the slot. It is never read faster than its changes are received, and only
 * `acknowledge` advances the slot.
 */
export class SlotStream {
  readonly #options: SlotStreamOptions;
  readonly #service: LogicalReplicationService;
  #acknowledged: bigint;
  #waiting = false;
  #received: Promise<void> = Promise.resolve();
  #closing = false;
  #heardAt = performance.now();
  #checkedInAt = performance.now();
  /** The last time that this process did not run for a good part of its lease. */
  #pause: { readonly ms: number; readonly endedAt: number } | null = null;
  #fail: (error: unknown) => void = () => {};
  #onAnswer: () => void = () => {};

  constructor(options: SlotStreamOptions) {
    this.#options = options;
    this.#acknowledged = options.from;
    this.#service = new LogicalReplicationService(
      {
        connectionString: options.primary,
        application_name: CDC_APPLICATION,
        options: `-c TimeZone=UTC -c DateStyle=ISO -c extra_float_digits=1 -c wal_sender_timeout=${options.leaseMs}`,
        keepAlive: true,
        connectionTimeoutMillis: 10_000,
      },
      // timeoutSeconds 0: the library's own timer would acknowledge what was received, whether or not it was written.
      { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: true } },
    );
    listenForErrors(this.#service);
  }

  /**
   * Runs until the connection is lost or a change cannot be received, and rejects with the reason: a LeaseLostError if the cause is
   * this process itself. @param onStart called once changes can arrive.
   */
  async run(onStart: () => void): Promise<never> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<never>((_, reject) => {
        this.#fail = reject;
        this.#service.on('error', reject);
        this.#service.on('start', () => {
          onStart();
          this.#report();
          this.#checkedInAt = performance.now();
          timer = setInterval(() => this.#checkIn(), this.#options.leaseMs / STATUSES_PER_LEASE);
        });
        this.#service.on('heartbeat', (_lsn, _timestamp, mustAnswer) => {
          this.#heardAt = performance.now();
          this.#onAnswer();
          if (mustAnswer) this.#report();
        });
        this.#service.on('data', (_lsn, message: Pgoutput.Message) => this.#receive(message));
        this.#service
          .subscribe(new TextPgoutputPlugin(reject), CDC_SLOT, formatLsn(this.#options.from))
          .then(() => reject(new Error('The primary ended the change stream')), reject);
      });
    } catch (error) {
      throw timer === undefined || this.#closing ? error : this.#explain(error);
    } finally {
      clearInterval(timer);
      this.#closing = true;
      await this.#received;
      // By then the library has created the connection to close, even if `close` was called in the same tick.
      await new Promise(setImmediate);
      await this.#service.destroy();
    }
  }

  /** Lets the slot release everything before `lsn`. */
  acknowledge(lsn: bigint): void {
    this.#acknowledged = lsn;
    this.#report();
  }

  /** Nothing is received any more once it resolves; acknowledging goes on until `close`. */
  async quiesce(): Promise<void> {
    this.#closing = true;
    await this.#received;
  }

  /** Makes `run` reject with `reason` once the primary has read what was acknowledged, or does not answer. */
  async close(reason: Error): Promise<void> {
    this.#closing = true;
    if (!this.#service.isStop()) {
      const answered = new Promise<void>((resolve) => {
        this.#onAnswer = resolve;
        setTimeout(resolve, FAREWELL_MS).unref();
      });
      this.#report(true);
      await answered;
    }
    this.#fail(reason);
  }

  /** Neither throws nor rejects, because the library would continue with the next message. */
  #receive(message: Pgoutput.Message): Promise<void> | undefined {
    if (this.#closing) return undefined;
    this.#heardAt = performance.now();
    try {
      const received = this.#options.receive(message);
      if (received === undefined) return undefined;
      this.#received = this.#waitFor(received);
      return this.#received;
    } catch (error) {
      this.#end(error);
      return undefined;
    }
  }

  async #waitFor(received: Promise<void>): Promise<void> {
    this.#waiting = true;
    try {
      await received;
    } catch (error) {
      this.#end(error);
    }
    this.#waiting = false;
    this.#heardAt = performance.now();
  }

  #end(error: unknown): void {
    this.#closing = true;
    this.#fail(error);
  }

  /** The primary says why in its own log only: here, a lost lease looks like any lost connection. */
  #explain(error: unknown): unknown {
    this.#notePause();
    const { leaseMs } = this.#options;
    if (this.#pause === null || performance.now() - this.#pause.endedAt > leaseMs) return error;
    return new LeaseLostError(this.#pause.ms, leaseMs);
  }

  /** What a process that was suspended, or too busy, has not heard is not the silence of the primary. */
  #notePause(): void {
    const now = performance.now();
    const ms = now - this.#checkedInAt;
    this.#checkedInAt = now;
    // A status that is sent in time may still arrive too late.
    if (ms < this.#options.leaseMs / 2) return;
    this.#pause = { ms, endedAt: now };
    this.#heardAt = now;
  }

  #checkIn(): void {
    this.#notePause();
    if (!this.#waiting && performance.now() - this.#heardAt > LONGEST_SILENCE_MS) {
      this.#fail(new Error(`The primary has been silent for ${LONGEST_SILENCE_MS / 1000} s`));
    }
    this.#report(true);
  }

  /** The library reports the position after the one it is given: without the -1, a commit that starts there would be skipped. */
  #report(askForAnswer = false): void {
    this.#service.acknowledge(formatLsn(this.#acknowledged - 1n), askForAnswer).catch(this.#fail);
  }
}

/**
 * The library listens for errors of its client one turn after the client has connected. A server that closes the connection in
 * the same packet raises an unhandled error, which would end the process. Here the client has a listener from its creation. The
 * loss is not missed, because the client refuses its next statement.
 */
function listenForErrors(service: LogicalReplicationService): void {
  let client: EventEmitter | null = null;
  Object.defineProperty(service, '_client', {
    get: () => client,
    set: (made: EventEmitter | null) => {
      made?.on('error', () => {});
      client = made;
    },
  });
}
