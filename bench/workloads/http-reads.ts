import { deepStrictEqual } from 'node:assert/strict';
import type { Workload } from '../suite/workload.ts';
import type { BareInput } from '../support/bare-server.ts';
import { firstMessage, startChild } from '../support/child.ts';
import { ENTITY_TYPE } from '../support/generated-entities.ts';
import { HttpLoad, httpMetrics } from '../support/http-load.ts';
import type { Stage } from '../support/stage.ts';

const BODIES = 500;
const REFERENCES = 1_000;
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
  const child = startChild('bare-server.ts', [JSON.stringify(stage.shards)]);
  const load = new HttpLoad(stage.options.seconds, () => stage.headers());
  const atlas = { name: 'Atlas', pid: stage.serve.atlas.pid, url: `${stage.serve.url}/graphql` };
  const bare = {
    name: 'the bare server',
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${await firstMessage<number>(child)}/`,
  };
  let open = 0;
  return reads(stage).map(({ name, requests, query, input, rows }) => {
    open += 1;
    const inputs = Array.from({ length: BODIES }, (_, n) => input(n));
    const mine = inputs.map(({ variables }) => JSON.stringify({ query, variables }));
    const theirs = inputs.map((each) => JSON.stringify(each.bare));
    return {
      name: `http: ${name}`,
      metrics: httpMetrics({ rate: requests, CPU: 2.5 }),
      check: async () => {
        const theirRows: readonly Row[] = await load.ask(bare, theirs[0] ?? '');
        deepStrictEqual(sorted(rows(await load.ask(atlas, mine[0] ?? ''))), sorted(theirRows));
      },
      atlas: () => load.measure(atlas, mine),
      baseline: () => load.measure(bare, theirs),
      stop: async () => {
        open -= 1;
        if (open > 0) return;
        child.kill();
        load.stop();
      },
    };
  });
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
