import { deepStrictEqual } from 'node:assert/strict';
import type { Figures, Metric, Workload } from '../suite/workload.ts';
import type { BareInput } from '../support/bare-server.ts';
import { cpuSeconds, firstMessage, startChild } from '../support/child.ts';
import { ENTITY_TYPE } from '../support/generated-entities.ts';
import type { Load, LoadResult } from '../support/load.ts';
import type { Stage } from '../support/stage.ts';

const CONNECTIONS = 16;
const BODIES = 500;
const REFERENCES = 1_000;
/** The round that warms up takes so many times as long as one that counts: a server's code is fast once it has answered some thousands of requests. */
const WARM_UP = 5;
const KEYS = ['name', 'city', 'score'];
const FIELDS = 'id name: text(key: "name") city: text(key: "city") score';

type Row = Readonly<Record<string, unknown>>;

interface HttpRead {
  readonly name: string;
  readonly requests: number;
  readonly query: string;
  /** The variables of a request, and what the baseline reads for it. */
  readonly input: (n: number) => { readonly variables: object; readonly bare: BareInput };
  readonly rows: (data: never) => readonly Row[];
}

/** Reads over HTTP of a server that has run for a while, beside `node:http` and `pg` with the same statements: requests per second, and CPU time of the server's process per request. */
export async function httpReads(stage: Stage): Promise<readonly Workload[]> {
  const bare = startChild('bare-server.ts', [JSON.stringify(stage.shards)]);
  const load = startChild('load.ts');
  const bareUrl = `http://127.0.0.1:${await firstMessage<number>(bare)}/`;
  const sides = {
    atlas: { pid: stage.serve.atlas.pid, url: `${stage.serve.url}/graphql` },
    bare: { pid: bare.pid ?? 0, url: bareUrl },
  };
  const warm = new Set<readonly string[]>();
  const measure = async (side: keyof typeof sides, bodies: readonly string[]): Promise<Figures> => {
    const { pid, url } = sides[side];
    const seconds = stage.options.seconds * (warm.has(bodies) ? 1 : WARM_UP);
    warm.add(bodies);
    const order: Load = { url, connections: CONNECTIONS, seconds, headers: await stage.headers(), bodies };
    const before = cpuSeconds(pid);
    const answer = firstMessage<LoadResult>(load);
    load.send(order);
    const { perSecond, requests, p99, failed } = await answer;
    if (failed > 0) throw new Error(`${failed} requests failed`);
    if (requests === 0) throw new Error(`No request was answered in ${seconds} s; --seconds gives more time`);
    return { rate: perSecond, CPU: ((cpuSeconds(pid) - before) * 1_000) / requests, p99 };
  };
  const one = async (url: string, body: string): Promise<never> => {
    const headers = { 'content-type': 'application/json', ...(await stage.headers()) };
    const response = await fetch(url, { method: 'POST', headers, body });
    return ((await response.json()) as { data: never }).data;
  };
  let open = 0;
  return reads(stage).map(({ name, requests, query, input, rows }) => {
    open += 1;
    const inputs = Array.from({ length: BODIES }, (_, n) => input(n));
    const mine = inputs.map(({ variables }) => JSON.stringify({ query, variables }));
    const theirs = inputs.map((each) => JSON.stringify(each.bare));
    return {
      name: `http: ${name}`,
      metrics: metrics(requests),
      check: async () => {
        const theirRows = (await one(sides.bare.url, theirs[0] ?? '')) as readonly Row[];
        deepStrictEqual(sorted(rows(await one(sides.atlas.url, mine[0] ?? ''))), sorted(theirRows));
      },
      atlas: () => measure('atlas', mine),
      baseline: () => measure('bare', theirs),
      stop: async () => {
        open -= 1;
        if (open > 0) return;
        bare.kill();
        load.kill();
      },
    };
  });
}

function metrics(rate: number): readonly Metric[] {
  return [
    { name: 'rate', unit: 'requests/s', better: 'higher', ratio: rate },
    { name: 'CPU', unit: 'ms/request', better: 'lower', ratio: 2.5 },
    { name: 'p99', unit: 'ms', better: 'lower' },
  ];
}

function reads({ giantSize }: Stage): readonly HttpRead[] {
  const idAt = (n: number): string => String(((n * 7_919) % giantSize) + 1);
  return [
    {
      name: 'point read of 3 attributes',
      requests: 0.5,
      query: `query ($id: ID!) { entity(id: $id) { ${FIELDS} } }`,
      input: (n) => ({ variables: { id: idAt(n) }, bare: { ids: [idAt(n)], keys: KEYS } }),
      rows: ({ entity }: { entity: Row }) => [entity],
    },
    {
      name: 'list of 100 × 5',
      requests: 0.6,
      query: `query ($first: Int) { entities(type: "${ENTITY_TYPE}", first: $first, orderBy: [{ attribute: "score", direction: DESC }]) {
        edges { node { ${FIELDS} email: text(key: "email") active: boolean(key: "active") } } } }`,
      input: () => ({
        variables: { first: 100 },
        bare: { type: ENTITY_TYPE, by: 'score', first: 100, keys: [...KEYS, 'email', 'active'] },
      }),
      rows: ({ entities }: { entities: { edges: { node: Row }[] } }) => entities.edges.map(({ node }) => node),
    },
    {
      name: `_entities of ${REFERENCES}`,
      requests: 0.6,
      query: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Entity { ${FIELDS} } } }`,
      input: (n) => {
        const ids = Array.from({ length: Math.min(REFERENCES, giantSize) }, (_, i) => idAt(n * REFERENCES + i));
        return { variables: { r: ids.map((id) => ({ __typename: 'Entity', id })) }, bare: { ids, keys: KEYS } };
      },
      rows: (data: { _entities: Row[] }) => data._entities,
    },
  ];
}

/** The baseline answers in the order of the shards. Of equal ids, one is enough. */
function sorted(rows: readonly Row[]): readonly Row[] {
  return [...new Map(rows.map((row) => [Number(row.id), row])).values()].sort((a, b) => Number(a.id) - Number(b.id));
}
