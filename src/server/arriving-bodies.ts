import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

/** Smaller ones do not count, in bytes. */
const SMALL = 100_000;
const CHECK_MS = 100;

interface ArrivingBody {
  /** How much its connection had read before it began. */
  readonly before: number;
  readonly onClose: () => void;
}

/**
 * Bounds the memory of bodies that are arriving, which are kept until they are complete and whose sender is not known before that. Beyond the limit, the
 * connection whose body has been arriving for longest is closed.
 */
export class ArrivingBodies {
  readonly #maxBytes: number;
  /** Oldest first. */
  readonly #arriving = new Map<Socket, ArrivingBody>();
  #timer: NodeJS.Timeout | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Call it when the headers of a request have arrived. */
  begin(socket: Socket, headers: IncomingHttpHeaders): void {
    const { 'content-length': declared } = headers;
    if (declared === undefined ? headers['transfer-encoding'] === undefined : Number(declared) <= SMALL) return;
    this.end(socket);
    if (this.#arriving.size === 0) this.#timer = setInterval(() => this.#check(), CHECK_MS);
    const onClose = () => this.end(socket);
    socket.once('close', onClose);
    this.#arriving.set(socket, { before: socket.bytesRead, onClose });
  }

  /** Call it when the body is there, or not waited for any more. */
  end(socket: Socket): void {
    const body = this.#arriving.get(socket);
    if (body === undefined) return;
    socket.off('close', body.onClose);
    this.#arriving.delete(socket);
    if (this.#arriving.size === 0) clearInterval(this.#timer);
  }

  #check(): void {
    let bytes = 0;
    for (const [socket, { before }] of this.#arriving) bytes += socket.bytesRead - before;
    for (const [socket, { before }] of this.#arriving) {
      if (bytes <= this.#maxBytes) return;
      bytes -= socket.bytesRead - before;
      this.end(socket);
      socket.destroy();
    }
  }
}
