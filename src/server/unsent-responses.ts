import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What is not larger goes out at once, in bytes. */
const SMALL = 16_384;

/**
 * Bounds the memory of responses that clients do not read: a request has ended by then, so nothing else counts it. Beyond the limit, the connection
 * that has kept a response for longest is closed.
 */
export class UnsentResponses {
  readonly #maxBytes: number;
  /** Sizes of responses, oldest first. */
  readonly #unsent = new Map<ServerResponse, number>();
  /** Also those behind others on one connection, for which Node reports no end if it closes. */
  readonly #ofSocket = new WeakMap<Socket, Set<ServerResponse>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Call it before the response is sent. @param bytes its size. */
  add(response: ServerResponse, bytes: number): void {
    if (bytes <= SMALL) return;
    this.#unsent.set(response, bytes);
    this.#bytes += bytes;
    this.#responsesOf(response.req.socket).add(response);
    response.once('finish', () => this.#remove(response));
    for (const oldest of this.#unsent.keys()) {
      if (this.#bytes <= this.#maxBytes || oldest === response) return;
      this.#close(oldest.req.socket);
    }
  }

  #responsesOf(socket: Socket): Set<ServerResponse> {
    const known = this.#ofSocket.get(socket);
    if (known !== undefined) return known;
    const responses = new Set<ServerResponse>();
    this.#ofSocket.set(socket, responses);
    socket.once('close', () => this.#forget(responses));
    return responses;
  }

  #close(socket: Socket): void {
    this.#forget(this.#responsesOf(socket));
    socket.destroy();
  }

  #forget(responses: ReadonlySet<ServerResponse>): void {
    for (const response of responses) this.#remove(response);
  }

  #remove(response: ServerResponse): void {
    const bytes = this.#unsent.get(response);
    if (bytes === undefined) return;
    this.#unsent.delete(response);
    this.#ofSocket.get(response.req.socket)?.delete(response);
    this.#bytes -= bytes;
  }
}
