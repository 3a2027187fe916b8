import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { RunningAtlas } from '../../deployment/support/deployment.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';
import { cpuTimeOf } from './cpu-time.ts';

const RECORDER = pathToFileURL(join(import.meta.dirname, 'record-turns.mjs')).href;
const PING_MS = 50;

export interface Watched<T> {
  readonly result: T;
  /** CPU time of the longest turn of the server's event loop, in milliseconds; 0 if none was long. */
  readonly longestTurnMs: number;
  /** The longest wait for /health/live, in milliseconds in which the server worked: it does not wait longer for anything else. */
  readonly slowestLiveMs: number;
}

/** Observes a server while it is attacked. */
export class ServerWatch {
  readonly #directory = temporaryDirectory('turns');
  readonly #log = join(this.#directory, 'turns');

  /** What the server needs in its environment. */
  get environment(): Record<string, string> {
    // That of the tests would be inherited.
    return { NODE_ENV: 'production', NODE_OPTIONS: `--import ${RECORDER}`, TURN_LOG: this.#log };
  }

  async during<T>(server: RunningAtlas, attack: () => Promise<T>): Promise<Watched<T>> {
    const before = this.#turns().length;
    const controller = new AbortController();
    const slowest = slowestLive(server, controller.signal);
    try {
      const result = await attack();
      controller.abort();
      const slowestLiveMs = await slowest;
      return { result, slowestLiveMs, longestTurnMs: Math.max(0, ...this.#turns().slice(before)) };
    } finally {
      controller.abort();
    }
  }

  /** Removes what it has recorded. */
  end(): void {
    rmSync(this.#directory, { recursive: true });
  }

  #turns(): number[] {
    if (!existsSync(this.#log)) return [];
    return readFileSync(this.#log, 'utf8').split('\n').filter(Boolean).map(Number);
  }
}

/** Asks at least twice: at the beginning, and once the attack is over. */
async function slowestLive({ atlas, url }: RunningAtlas, over: AbortSignal): Promise<number> {
  let slowest = 0;
  for (let isLast = false; ; isLast = over.aborted) {
    const sentAt = performance.now();
    const cpuBefore = cpuTimeOf(atlas.pid);
    const response = await fetch(`${url}/health/live`);
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`/health/live answers ${response.status}`);
    const took = performance.now() - sentAt;
    const cpuAfter = cpuTimeOf(atlas.pid);
    const worked = cpuBefore === null || cpuAfter === null ? took : cpuAfter - cpuBefore;
    slowest = Math.max(slowest, Math.min(took, worked));
    if (isLast) return slowest;
    await sleep(PING_MS);
  }
}
