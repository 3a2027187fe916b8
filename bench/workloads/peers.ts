import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { loadSettings } from '../../src/config/config.ts';
import { ShardMap } from '../../src/sharding/shard-map.ts';
import type { Workload } from '../suite/workload.ts';
import { ENTITY_TYPE } from '../support/generated-entities.ts';
import { HttpLoad, httpMetrics, type LoadedServer } from '../support/http-load.ts';
import { arePeersInstalled, type Peer, startPeer } from '../support/peer.ts';
import { createPeerUsers, dropPeerUsers } from '../support/peer-users.ts';
import type { Stage } from '../support/stage.ts';

const BODIES = 200;
const REFERENCES = 1_000;
/** How many entities are asked for, of all that there are. */
const MOST_IDS = 100_000;

type Row = Readonly<Record<string, unknown>>;

interface Operation {
  readonly query: string;
  /** For the ids that a request names. */
  readonly variables: (ids: readonly string[]) => object;
  readonly rows: (data: never) => readonly Row[];
}

interface PeerRead {
  readonly name: string;
  /** How many a request names. */
  readonly ids: number;
  readonly atlas: Operation;
  readonly mercurius: Operation;
  readonly PostGraphile: Operation;
}

interface Opponent {
  readonly server: Peer;
  /** What Atlas' requests per second are to reach. */
  readonly rate: number;
  /** Whether it has the entity. */
  readonly has: (id: string) => boolean;
}

/**
 * Reads over HTTP beside other GraphQL servers in Node on the same data, which read `peers.users` on the same replicas: mercurius on those of all
 * shards, PostGraphile, which reads one database, on that of the first shard. It is asked for entities of that shard, as Atlas is; its list has none of
 * the others.
 */
export async function peers(stage: Stage): Promise<readonly Workload[]> {
  if (!arePeersInstalled()) {
    process.stdout.write('peers: left out; "npm --prefix bench/peers ci" installs them\n');
    return [];
  }
  await createPeerUsers(stage);
  const { shards, serve, options } = stage;
  const poolSize = String(loadSettings(stage.deployment.stores.environment('serve')).ATLAS_POOL_SIZE);
  const mercurius = await startPeer('mercurius', [JSON.stringify(shards), poolSize]);
  const postgraphile = await startPeer('PostGraphile', [shards[0]?.replicas[0] ?? '', poolSize]);
  const map = new ShardMap(shards, { kind: 'hash' });
  const opponents: readonly Opponent[] = [
    { server: mercurius, rate: 1, has: () => true },
    { server: postgraphile, rate: 2, has: (id) => map.shardOf(id) === shards[0]?.id },
  ];
  const load = new HttpLoad(options.seconds, () => stage.headers());
  const atlas = { name: 'Atlas', pid: serve.atlas.pid, url: `${serve.url}/graphql` };
  const ids = someIds(stage);
  const workloads = READS.flatMap((read) => opponents.map((opponent) => beside(opponent, read, { atlas, load, ids })));
  const stop = async () => {
    for (const one of [mercurius, postgraphile, load]) one.stop();
    await dropPeerUsers(stage);
  };
  return workloads.map((workload, n) => ({ ...workload, ...(n === 0 && { stop }) }));
}

function beside(
  { server, rate, has }: Opponent,
  read: PeerRead,
  { atlas, load, ids }: { readonly atlas: LoadedServer; readonly load: HttpLoad; readonly ids: readonly string[] },
): Workload {
  const known = ids.filter(has);
  const asked = Math.min(read.ids, known.length);
  const bodies = ({ query, variables }: Operation) =>
    Array.from({ length: BODIES }, (_, n) =>
      JSON.stringify({
        query,
        variables: variables(Array.from({ length: asked }, (_, i) => idAt(known, n * asked + i))),
      }),
    );
  const [mine, theirs] = [bodies(read.atlas), bodies(read[server.name])];
  return {
    name: `peers: ${read.name} beside ${server.name}`,
    metrics: httpMetrics({ rate }),
    check: async () => {
      const myRows = read.atlas.rows(await load.ask(atlas, mine[0] ?? ''));
      const theirRows = read[server.name].rows(await load.ask(server, theirs[0] ?? ''));
      strictEqual(theirRows.length, myRows.length);
      const shared = myRows.filter(({ id }) => has(String(id)));
      deepStrictEqual(byId(theirRows.slice(0, shared.length)), byId(shared));
    },
    atlas: () => load.measure(atlas, mine),
    baseline: () => load.measure(server, theirs),
  };
}

/** Of the tenant's entities, evenly. */
function someIds({ giantSize }: Stage): readonly string[] {
  const length = Math.min(giantSize, MOST_IDS);
  return Array.from({ length }, (_, n) => String(Math.floor((n * giantSize) / length) + 1));
}

function idAt(ids: readonly string[], n: number): string {
  return ids[(n * 7_919) % ids.length] ?? '';
}

function byId(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => Number(a.id) - Number(b.id));
}

const text = (key: string) => `${key}: text(key: "${key}")`;
const HOT = `id ${text('city')} ${text('status')} score`;
const LISTED = `id ${text('name')} ${text('city')} score ${text('email')} active: boolean(key: "active")`;
/** PostGraphile's own `id` is another one. */
const [THEIR_HOT, THEIR_LISTED] = ['city status score', 'name city score email active'];

const READS: readonly PeerRead[] = [
  {
    name: 'point read of 3 hot attributes',
    ids: 1,
    atlas: {
      query: `query ($id: ID!) { entity(id: $id) { ${HOT} } }`,
      variables: ([id]) => ({ id }),
      rows: ({ entity }: { entity: Row }) => [entity],
    },
    mercurius: {
      query: `query ($id: ID!) { user(id: $id) { id ${THEIR_HOT} } }`,
      variables: ([id]) => ({ id }),
      rows: ({ user }: { user: Row }) => [user],
    },
    PostGraphile: {
      query: `query ($id: BigInt!) { user: userByRowId(rowId: $id) { id: rowId ${THEIR_HOT} } }`,
      variables: ([id]) => ({ id }),
      rows: ({ user }: { user: Row }) => [user],
    },
  },
  {
    name: 'list of 100 × 5',
    ids: 0,
    atlas: {
      query: `{ entities(type: "${ENTITY_TYPE}", first: 100, orderBy: [{ attribute: "score", direction: DESC }]) {
        edges { node { ${LISTED} } } } }`,
      variables: () => ({}),
      rows: ({ entities }: { entities: { edges: { node: Row }[] } }) => entities.edges.map(({ node }) => node),
    },
    mercurius: {
      query: `{ users: topUsers { id ${THEIR_LISTED} } }`,
      variables: () => ({}),
      rows: ({ users }: { users: readonly Row[] }) => users,
    },
    PostGraphile: {
      query: `{ users: allUsersList(first: 100, orderBy: [SCORE_DESC, ROW_ID_ASC]) { id: rowId ${THEIR_LISTED} } }`,
      variables: () => ({}),
      rows: ({ users }: { users: readonly Row[] }) => users,
    },
  },
  {
    name: `${REFERENCES} entities by id`,
    ids: REFERENCES,
    atlas: {
      query: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Entity { ${HOT} } } }`,
      variables: (ids) => ({ r: ids.map((id) => ({ __typename: 'Entity', id })) }),
      rows: (data: { _entities: readonly Row[] }) => data._entities,
    },
    mercurius: {
      query: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id ${THEIR_HOT} } } }`,
      variables: (ids) => ({ r: ids.map((id) => ({ __typename: 'User', id })) }),
      rows: (data: { _entities: readonly Row[] }) => data._entities,
    },
    PostGraphile: {
      query: `query ($ids: [BigInt!]!) { users: allUsersList(filter: { rowId: { in: $ids } }) { id: rowId ${THEIR_HOT} } }`,
      variables: (ids) => ({ ids }),
      rows: ({ users }: { users: readonly Row[] }) => users,
    },
  },
];
