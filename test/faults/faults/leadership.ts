import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../stack/stack.ts';

export interface Leadership {
  /** The shards whose changes the process carries. */
  readonly shards: readonly string[];
  /** Resolves when another process carries all of them: after how many milliseconds; null if there were none, or it takes too long. */
  takenOver(limitMs?: number): Promise<number | null>;
}

const LONGEST_VACANCY_MS = 30_000;

/** What a `replicate` process does now. */
export async function leadership(stack: Stack, name: string): Promise<Leadership> {
  const urls = replicatorUrls(stack);
  const url = urls.get(name);
  const shards = url === undefined ? [] : await carriedBy(url);
  const others = [...urls.values()].filter((other) => other !== url);
  return {
    shards,
    async takenOver(limitMs = 120_000) {
      const begun = performance.now();
      while (shards.length > 0 && performance.now() - begun < limitMs) {
        const carried = (await Promise.all(others.map((other) => carriedBy(other).catch(() => [])))).flat();
        if (shards.every((shard) => carried.includes(shard))) return performance.now() - begun;
        await sleep(20);
      }
      return null;
    },
  };
}

/** The process that carries the changes of the shard, once one does; null if none does for long. */
export async function leaderOf(stack: Stack, shard: string): Promise<string | null> {
  const deadline = performance.now() + LONGEST_VACANCY_MS;
  while (performance.now() < deadline) {
    for (const [name, url] of replicatorUrls(stack)) {
      if ((await carriedBy(url).catch((): string[] => [])).includes(shard)) return name;
    }
    await sleep(100);
  }
  return null;
}

function replicatorUrls({ parts, healthUrls }: Stack): ReadonlyMap<string, string> {
  const processes = parts.filter(({ kind }) => kind === 'serve' || kind === 'replicate');
  return new Map(
    processes
      .map(({ name, kind }, index) => ({ name, kind, url: healthUrls[index] ?? '' }))
      .filter(({ kind }) => kind === 'replicate')
      .map(({ name, url }) => [name, url]),
  );
}

async function carriedBy(url: string): Promise<string[]> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) });
  const lines = (await response.text()).matchAll(
    /^atlas_replicator_phase\{shard="(\w+)",phase="(?:streaming|snapshot)"\} 1$/gm,
  );
  return [...lines].map(([, shard = '']) => shard);
}
