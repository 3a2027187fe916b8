import type { Figures, Metric } from '../suite/workload.ts';
import { cpuSeconds, firstMessage, startChild } from './child.ts';
import type { Load, LoadResult } from './load.ts';

const CONNECTIONS = 16;
/** The round that warms up takes so many times as long as one that counts: a server's code is fast once it has answered some thousands of requests. */
export const WARM_UP = 5;

export interface LoadedServer {
  readonly name: string;
  readonly pid: number;
  /** That requests are sent to. */
  readonly url: string;
}

/** Sends requests to one server at a time, over 16 connections: requests per second, and CPU time of the server's process per request. */
export class HttpLoad {
  readonly #sender = startChild('load.ts');
  readonly #warm = new Set<readonly string[]>();
  readonly #seconds: number;
  readonly #headers: () => Promise<Record<string, string>>;

  /** @param seconds of a round that counts. @param headers of every request. */
  constructor(seconds: number, headers: () => Promise<Record<string, string>>) {
    this.#seconds = seconds;
    this.#headers = headers;
  }

  /** @param bodies of requests, sent in turns; sent for the first time, they warm the server up. */
  async measure({ name, pid, url }: LoadedServer, bodies: readonly string[]): Promise<Figures> {
    const seconds = this.#seconds * (this.#warm.has(bodies) ? 1 : WARM_UP);
    this.#warm.add(bodies);
    const order: Load = { url, connections: CONNECTIONS, seconds, headers: await this.#headers(), bodies };
    const before = cpuSeconds(pid);
    const answer = firstMessage<LoadResult>(this.#sender);
    this.#sender.send(order);
    const { perSecond, requests, p99, failed } = await answer;
    if (failed > 0) throw new Error(`${failed} requests to ${name} failed`);
    if (requests === 0) throw new Error(`${name} answered no request in ${seconds} s; --seconds gives more time`);
    return { rate: perSecond, CPU: ((cpuSeconds(pid) - before) * 1_000) / requests, p99 };
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
