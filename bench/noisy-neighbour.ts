import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startAtlasDev } from '../test/support/atlas-process.ts';

/**
 * The p99 of a tenant's reads alone, and beside another tenant that keeps 64 of the most expensive permitted requests in progress, in
 * turns within one run. `npm run --silent build && npx tsx bench/noisy-neighbour.ts [rounds] [seconds]`
 */
const [rounds = 3, seconds = 4] = process.argv.slice(2).map(Number);
const FLOOD = 64;
const READS = {
  'point read': '{ entity(id: 1) { id number(key: "score") } }',
  count: '{ analytics { count { count } } }',
} as const;
const ids = Array.from({ length: 10_000 }, (_, n) => String(n + 1));

const atlas = await startAtlasDev(join(mkdtempSync(join(tmpdir(), 'atlas-noisy-')), 'home'), ['--no-sample']);
const { http } = atlas.stack;

async function post(tenant: number, query: string, variables: object = {}): Promise<number> {
  const response = await fetch(`${http}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tenant-id': String(tenant) },
    body: JSON.stringify({ query, variables }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function fill(tenant: number): Promise<void> {
  const upsert = 'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }';
  for (let start = 0; start < ids.length; start += 1_000) {
    const input = ids.slice(start, start + 1_000).map((id) => ({
      id,
      type: 'user',
      attributes: [{ key: 'score', number: Number(id) }],
    }));
    await post(tenant, upsert, { input });
  }
}

async function measure(query: string): Promise<number[]> {
  const took: number[] = [];
  const until = performance.now() + seconds * 1_000;
  while (performance.now() < until) {
    const sentAt = performance.now();
    const status = await post(2, query);
    if (status !== 200) throw new Error(`The quiet tenant got status ${status}`);
    took.push(performance.now() - sentAt);
  }
  return took;
}

/** The flood is a process of its own, because the time that it takes to send and receive must not count as the quiet tenant's. */
const flood = fork(new URL('support/flood.ts', import.meta.url), [`${http}/graphql`, '1', String(FLOOD)]);

async function beside<T>(work: () => Promise<T>): Promise<[T, number]> {
  flood.send('start');
  try {
    await setTimeout(500);
    const result = await work();
    const ended = once(flood, 'message');
    flood.send('stop');
    const [requests] = await ended;
    return [result, Number(requests)];
  } catch (error) {
    flood.kill();
    throw error;
  }
}

const p99 = (took: readonly number[]) => [...took].sort((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? Number.NaN;

const query =
  'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Entity { id type number(key: "score") } } }';
const variables = { r: ids.map((id) => ({ __typename: 'Entity', id })) };
flood.send(JSON.stringify({ query, variables }));

try {
  await fill(1);
  await fill(2);
  for (const [name, query] of Object.entries(READS)) {
    for (let round = 1; round <= rounds; round++) {
      const alone = p99(await measure(query));
      const [took, requests] = await beside(() => measure(query));
      const noisy = p99(took);
      process.stdout.write(
        `${name}, round ${round}: alone ${alone.toFixed(0)} ms, beside ${noisy.toFixed(0)} ms, ratio ${(noisy / alone).toFixed(1)} (${took.length} reads beside ${requests} requests)\n`,
      );
    }
  }
} finally {
  flood.kill();
  await atlas.destroy();
}
