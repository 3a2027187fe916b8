import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP connection of one process to one server, that can be broken in the ways a network breaks: `cut` resets every connection and
 * refuses new ones, `silent` accepts everything and delivers nothing, `slow` delivers everything late.
 */
export type LinkState = 'open' | 'cut' | 'silent' | 'slow';

/** Data received, and when it may be passed on. */
interface Parcel {
  readonly chunk: Buffer;
  readonly due: number;
}

export class Link {
  readonly from: string;
  readonly to: string;
  readonly #server: Server;
  readonly #target: () => number;
  readonly #pairs = new Set<Pair>();
  #state: LinkState = 'open';
  #delayMs = 0;

  /** @param target the port, on this machine, that it leads to. */
  static async open(from: string, to: string, target: () => number): Promise<Link> {
    const link = new Link(from, to, target);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  private constructor(from: string, to: string, target: () => number) {
    this.from = from;
    this.to = to;
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** @param delayMs of each direction, if it is slow. */
  set(state: LinkState, delayMs = 0): void {
    this.#state = state;
    this.#delayMs = state === 'slow' ? delayMs : 0;
    if (state === 'cut') for (const pair of this.#pairs) pair.reset();
    else for (const pair of this.#pairs) pair.changed();
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) pair.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(inner: Socket): void {
    if (this.#state === 'cut') {
      inner.resetAndDestroy();
      return;
    }
    const outer = connect({ port: this.#target(), host: '127.0.0.1', allowHalfOpen: true });
    const timing = { isHeld: () => this.#state === 'silent', delayMs: () => this.#delayMs };
    const pair = new Pair(inner, outer, timing, () => this.#pairs.delete(pair));
    this.#pairs.add(pair);
  }
}

interface Timing {
  isHeld(): boolean;
  delayMs(): number;
}

/** Two sockets whose data goes from each to the other. The end of one is the end of both. */
class Pair {
  readonly #sockets: readonly [Socket, Socket];
  readonly #directions: readonly Direction[];

  constructor(inner: Socket, outer: Socket, timing: Timing, onEnd: () => void) {
    this.#sockets = [inner, outer];
    this.#directions = [new Direction(inner, outer, timing), new Direction(outer, inner, timing)];
    for (const socket of this.#sockets) {
      socket.setNoDelay(true);
      socket.on('error', () => this.reset());
      // What a socket that has ended has sent may still be under way to the other.
      socket.once('close', () => {
        if (this.#sockets.every(({ closed }) => closed)) onEnd();
      });
    }
  }

  changed(): void {
    for (const direction of this.#directions) direction.changed();
  }

  reset(): void {
    for (const direction of this.#directions) direction.stop();
    for (const socket of this.#sockets) if (!socket.destroyed) socket.resetAndDestroy();
  }
}

/** Above it, the sender is held back, as a network would. */
const MOST_UNDER_WAY_BYTES = 1 << 20;

class Direction {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #timing: Timing;
  readonly #parcels: Parcel[] = [];
  #underWay = 0;
  #hasEnded = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(from: Socket, to: Socket, timing: Timing) {
    this.#from = from;
    this.#to = to;
    this.#timing = timing;
    from.on('data', (chunk) => {
      this.#parcels.push({ chunk, due: performance.now() + timing.delayMs() });
      this.#underWay += chunk.length;
      if (this.#underWay > MOST_UNDER_WAY_BYTES) from.pause();
      this.#deliver();
    });
    from.once('end', () => {
      this.#hasEnded = true;
      this.#deliver();
    });
    to.on('drain', () => this.#deliver());
  }

  changed(): void {
    this.#deliver();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#parcels.length = 0;
  }

  #deliver(): void {
    if (this.#timing.isHeld() || this.#timer !== null || this.#to.destroyed) return;
    while (!this.#to.writableNeedDrain) {
      const [parcel] = this.#parcels;
      if (parcel === undefined) break;
      const waitMs = parcel.due - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.#deliver();
        }, waitMs);
        return;
      }
      this.#parcels.shift();
      this.#underWay -= parcel.chunk.length;
      this.#to.write(parcel.chunk);
    }
    if (this.#underWay <= MOST_UNDER_WAY_BYTES) this.#from.resume();
    if (this.#hasEnded && this.#parcels.length === 0) this.#to.end();
  }
}
