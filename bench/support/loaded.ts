import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Figures } from '../suite/workload.ts';
import { firstMessage, startChild } from './child.ts';
import type { FloodRequest } from './flood.ts';
import type { Load, LoadResult } from './load.ts';

/** A flood has filled the queues by then. */
const RAMP_MS = 500;

export interface LoadProcess {
  /** Keeps a load up, and measures its latencies. @throws if a request fails. */
  latencies(load: Load): Promise<Figures>;
  stop(): void;
}

export function startLoadProcess(): LoadProcess {
  const child = startChild('load.ts');
  return {
    async latencies(load) {
      const answer = firstMessage<LoadResult>(child);
      child.send(load);
      const { p50, p99, failed } = await answer;
      if (failed > 0) throw new Error(`${failed} requests failed`);
      return { median: p50, p99 };
    },
    stop: () => void child.kill(),
  };
}

export interface FloodProcess {
  /** @returns what the work returns. The flood runs only meanwhile. */
  beside<T>(request: FloodRequest, work: () => Promise<T>): Promise<T>;
  stop(): void;
}

/** Keeps so many requests in progress, from a process of its own: what it takes to send and receive them must not count as that of others. */
export function startFloodProcess(url: string, connections: number): FloodProcess {
  const child = startChild('flood.ts', [url, String(connections)]);
  return {
    async beside(request, work) {
      child.send(request);
      child.send('start');
      await delay(RAMP_MS);
      try {
        return await work();
      } finally {
        const ended = once(child, 'message');
        child.send('stop');
        await ended;
      }
    },
    stop: () => void child.kill(),
  };
}

export interface BusyCores {
  /** @returns what the work returns. The cores are busy only meanwhile. */
  beside<T>(work: () => Promise<T>): Promise<T>;
  stop(): void;
}

/** As many busy processes as there are cores. */
export function startBusyCores(): BusyCores {
  const children = Array.from({ length: availableParallelism() }, () => startChild('burn.ts'));
  const tell = (message: 'start' | 'stop') => {
    for (const child of children) child.send(message);
  };
  return {
    async beside(work) {
      tell('start');
      await delay(RAMP_MS);
      try {
        return await work();
      } finally {
        tell('stop');
      }
    },
    stop: () => {
      for (const child of children) child.kill();
    },
  };
}
