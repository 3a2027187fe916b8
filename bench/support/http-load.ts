import type { Figures, Metric } from '../suite/workload.ts';
import { cpuSeconds, firstMessage, startChild } from './child.ts';
import type { Load, LoadResult } from './load.ts';

const CONNECTIONS = 16;
/**
 * The round that warms up takes so many times as long as one that counts: a server's code is fast once it has answered some thousands of requests. With a server that
 * has answered others, those of another kind are fast sooner.
 */
export const WARM_UP = { server: 5, kind: 2 };

export interface LoadedServer {
  readonly name: string;
  readonly pid: number;
  /** That requests are sent to. */
  readonly url: string;
}

/** Sends requests to one server at a time, over 16 connections: requests per second, and CPU time of the server's process per request. */
export class HttpLoad {
  readonly #sender = startChild('load.ts');
  readonly #warmServers = new Set<number>();
  readonly #warmKinds = new Set<readonly string[]>();
  readonly #seconds: number;
  readonly #headers: () => Promise<Record<string, string>>;

  /** @param seconds of a round that counts. @param headers of every request. */
  constructor(seconds: number, headers: () => Promise<Record<string, string>>) {
    this.#seconds = seconds;
    this.#headers = headers;
  }

  /** @param bodies of requests, sent in turns; sent for the first time, they warm the server up. */
  async measure({ name, pid, url }: LoadedServer, bodies: readonly string[]): Promise<Figures> {
    const seconds = this.#seconds * this.#rounds(pid, bodies);
    const order: Load = { url, connections: CONNECTIONS, seconds, headers: await this.#headers(), bodies };
    const before = cpuSeconds(pid);
    const answer = firstMessage<LoadResult>(this.#sender);
    this.#sender.send(order);
    const { perSecond, requests, p99, failed } = await answer;
    if (failed > 0) throw new Error(`${failed} requests to ${name} failed`);
    if (requests === 0) throw new Error(`${name} answered no request in ${seconds} s; --seconds gives more time`);
    return { rate: perSecond, CPU: ((cpuSeconds(pid) - before) * 1_000) / requests, p99 };
  }

  #rounds(pid: number, bodies: readonly string[]): number {
    if (this.#warmKinds.has(bodies)) return 1;
    this.#warmKinds.add(bodies);
    const isWarm = this.#warmServers.has(pid);
    this.#warmServers.add(pid);
    return isWarm ? WARM_UP.kind : WARM_UP.server;
  }

  /** Sends one request. @returns `data` of the answer. */
  async ask({ url }: LoadedServer, body: string): Promise<never> {
    const headers = { 'content-type': 'application/json', ...(await this.#headers()) };
    const response = await fetch(url, { method: 'POST', headers, body });
    return ((await response.json()) as { data: never }).data;
  }

  stop(): void {
    this.#sender.kill();
  }
}

/** What `measure` gives. @param ratio what requests per second and CPU per request are to reach. */
export function httpMetrics(ratio: { readonly rate: number; readonly CPU?: number }): readonly Metric[] {
  return [
    { name: 'rate', unit: 'requests/s', better: 'higher', ratio: ratio.rate },
    { name: 'CPU', unit: 'ms/request', better: 'lower', ...(ratio.CPU !== undefined && { ratio: ratio.CPU }) },
    { name: 'p99', unit: 'ms', better: 'lower' },
  ];
}
