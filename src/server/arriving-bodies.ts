import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

/** Smaller ones do not count, in bytes. */
const SMALL = 100_000;
const CHECK_MS = 100;

/**
 * Bounds the memory of bodies that are arriving, which are kept until they are complete and whose sender is not known before that. Beyond the limit, the
 * connection whose body has been arriving for longest is closed.
 */
export class ArrivingBodies {
  readonly #maxBytes: number;
  /** How much each connection had read before its body began; oldest first. */
  readonly #arriving = new Map<Socket, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Call it when the headers of a request have arrived. */
  begin(socket: Socket, headers: IncomingHttpHeaders): void {
    const { 'content-length': declared } = headers;
    if (declared === undefined ? headers['transfer-encoding'] === undefined : Number(declared) <= SMALL) return;
    if (this.#arriving.size === 0) this.#timer = setInterval(() => this.#check(), CHECK_MS);
    if (!this.#arriving.has(socket)) socket.once('close', () => this.end(socket));
    this.#arriving.set(socket, socket.bytesRead);
  }

  /** Call it when the body is there, or not waited for any more. */
  end(socket: Socket): void {
    if (this.#arriving.delete(socket) && this.#arriving.size === 0) clearInterval(this.#timer);
  }

  #check(): void {
    let bytes = 0;
    for (const [socket, before] of this.#arriving) bytes += socket.bytesRead - before;
    for (const [socket, before] of this.#arriving) {
      if (bytes <= this.#maxBytes) return;
      bytes -= socket.bytesRead - before;
      this.end(socket);
      socket.destroy();
    }
  }
}
