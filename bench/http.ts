/**
 * Requests per second and CPU time per request of Atlas over HTTP, as a ratio to `node:http` and `pg` with the same statements, in turns
 * within one run. `npm run --silent build && npx tsx bench/http.ts [rounds] [seconds] [entities]`
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deployment } from '../test/deployment/support/deployment.ts';
import { useRunDirectory } from '../test/support/run-directory.ts';
import type { BareInput } from './support/bare-server.ts';
import { cpuSeconds, firstMessage, startChild } from './support/child.ts';
import type { Load, LoadResult } from './support/load.ts';
import { spread } from './support/rounds.ts';

const [rounds = 3, seconds = 5, entities = 20_000] = process.argv.slice(2).map(Number);
const TENANT = 1;
const CONNECTIONS = 16;
const BODIES = 500;
const KEYS = ['name', 'city', 'score'];

const directory = mkdtempSync(join(tmpdir(), 'atlas-http-'));
chmodSync(directory, 0o711);
useRunDirectory(directory);
const deployment = await Deployment.start(TENANT);
const shards = [...deployment.stores.clusters.values()].map(({ endpoints }) => endpoints);
await deployment.run('migrate');
await deployment.start('replicate');
const { atlas, url } = await deployment.start('serve');

async function ask(query: string, variables: object = {}): Promise<void> {
  const { data, errors } = await deployment.ask(url, query, variables);
  if (data === null || errors.length > 0) throw new Error(JSON.stringify(errors));
}

async function fill(): Promise<void> {
  const define = 'mutation ($input: DefineAttributeInput!) { defineAttribute(input: $input) { definition { key } } }';
  await ask(define, { input: { key: 'score', type: 'NUMBER', hot: true, exposed: true } });
  for (const key of ['name', 'city', 'email']) await ask(define, { input: { key, type: 'TEXT' } });
  await ask(define, { input: { key: 'joined', type: 'TIMESTAMP' } });
  await ask(define, { input: { key: 'active', type: 'BOOLEAN' } });
  const upsert = 'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }';
  for (let start = 1; start <= entities; start += 1_000) {
    const input = Array.from({ length: 1_000 }, (_, n) => start + n).map((id) => ({
      ...{ id: String(id), type: 'user' },
      attributes: [
        { key: 'score', number: (id * 7919) % 1_000 },
        { key: 'name', text: `Name of ${id}` },
        { key: 'city', text: `City ${id % 300}` },
        { key: 'email', text: `user${id}@example.org` },
        { key: 'joined', timestamp: new Date(1_700_000_000_000 + id * 1_000).toISOString() },
        { key: 'active', boolean: id % 3 === 0 },
      ],
    }));
    await ask(upsert, { input });
  }
}

interface Workload {
  readonly name: string;
  readonly query: string;
  /** The variables of a request and what the baseline reads for it. */
  input(n: number): { readonly variables: object; readonly bare: BareInput };
}

const FIELDS = 'id name: text(key: "name") city: text(key: "city") score';
const idAt = (n: number): string => String(((n * 7_919) % entities) + 1);
const WORKLOADS: readonly Workload[] = [
  {
    name: 'point read of 3 attributes',
    query: `query ($id: ID!) { entity(id: $id) { ${FIELDS} } }`,
    input: (n) => ({ variables: { id: idAt(n) }, bare: { ids: [idAt(n)], keys: KEYS } }),
  },
  {
    name: 'list of 100 by a number',
    query: `query ($first: Int) { entities(type: "user", first: $first, orderBy: [{ attribute: "score", direction: DESC }]) {
      edges { node { ${FIELDS} email: text(key: "email") active: boolean(key: "active") } } } }`,
    input: () => ({
      variables: { first: 100 },
      bare: { type: 'user', by: 'score', first: 100, keys: [...KEYS, 'email', 'active'] },
    }),
  },
  {
    name: '_entities of 1,000',
    query: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Entity { ${FIELDS} } } }`,
    input: (n) => {
      const ids = Array.from({ length: 1_000 }, (_, i) => idAt(n * 1_000 + i));
      return { variables: { r: ids.map((id) => ({ __typename: 'Entity', id })) }, bare: { ids, keys: KEYS } };
    },
  },
];

await fill();
const bare = startChild('bare-server.ts', [JSON.stringify(shards)]);
const bareUrl = `http://127.0.0.1:${await firstMessage<number>(bare)}/`;
const load = startChild('load.ts');
const authorization = await deployment.bearer({ tenant: TENANT });

interface Measured {
  readonly perSecond: number;
  /** Milliseconds of CPU time of the server's process per request. */
  readonly cpu: number;
  readonly p99: number;
}

async function measure(pid: number, target: string, bodies: readonly object[]): Promise<Measured> {
  const before = cpuSeconds(pid);
  const order: Load = {
    ...{ url: target, connections: CONNECTIONS, seconds, headers: { authorization } },
    bodies: bodies.map((body) => JSON.stringify(body)),
  };
  load.send(order);
  const { perSecond, p99, failed } = await firstMessage<LoadResult>(load);
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return { perSecond, p99, cpu: ((cpuSeconds(pid) - before) * 1_000) / (perSecond * seconds) };
}

try {
  for (const { name, query, input } of WORKLOADS) {
    const inputs = Array.from({ length: BODIES }, (_, n) => input(n));
    const ofAtlas = inputs.map(({ variables }) => ({ query, variables }));
    const ofBare = inputs.map((one) => one.bare);
    const ratios: { perSecond: number; cpu: number }[] = [];
    for (let round = 0; round <= rounds; round++) {
      const mine = await measure(atlas.pid, `${url}/graphql`, ofAtlas);
      const theirs = await measure(bare.pid ?? 0, bareUrl, ofBare);
      // The first round warms up.
      if (round === 0) continue;
      ratios.push({ perSecond: mine.perSecond / theirs.perSecond, cpu: mine.cpu / theirs.cpu });
      process.stdout.write(
        `  ${mine.perSecond.toFixed(0)} : ${theirs.perSecond.toFixed(0)} requests/s, ${mine.cpu.toFixed(2)} : ${theirs.cpu.toFixed(2)} ms of CPU, p99 ${mine.p99} : ${theirs.p99} ms\n`,
      );
    }
    process.stdout.write(
      `${name}: ${spread(ratios.map(({ perSecond }) => perSecond))} of the requests/s, ${spread(ratios.map(({ cpu }) => cpu))} times the CPU\n`,
    );
  }
} finally {
  bare.kill();
  load.kill();
  await deployment.stop();
  rmSync(directory, { recursive: true });
}
