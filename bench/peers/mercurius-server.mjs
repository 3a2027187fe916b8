import federation from '@mercuriusjs/federation';
import Fastify from 'fastify';
import pg from 'pg';
import { ShardMap } from '../../src/sharding/shard-map.ts';

/**
 * mercurius with hand-written SQL on `peers.users` of all shards, and nothing else: no measured lag, no tenants, no limits. A process of its own:
 * `mercurius-server.mjs SHARDS POOL_SIZE`, with the endpoints as JSON; its first message is its URL. It reads the first replica of each shard.
 */
const endpoints = JSON.parse(process.argv[2] ?? '[]');
const max = Number(process.argv[3]);
const shards = new ShardMap(endpoints, { kind: 'hash' });
const pools = new Map(
  endpoints.map((/** @type {{ id: string, replicas: string[] }} */ { id, replicas }) => [
    id,
    new pg.Pool({ connectionString: replicas[0], max }),
  ]),
);

const schema = `
  extend type Query {
    user(id: ID!): User
    "The first hundred by score."
    topUsers: [User!]!
  }
  type User @key(fields: "id") {
    id: ID!
    city: String
    status: String
    score: Float
    name: String
    email: String
    active: Boolean
  }`;

/** By the node of the field whose document has been compiled. @type {WeakMap<object, string>} */
const columns = new WeakMap();

/** The columns that a field asks for. @param {import('graphql').GraphQLResolveInfo} info */
function columnsOf({ fieldNodes: [field] }) {
  const known = columns.get(field);
  if (known !== undefined) return known;
  const names = (/** @type {import('graphql').SelectionSetNode} */ { selections }) =>
    selections.flatMap((one) => (one.kind === 'Field' ? [one.name.value] : names(one.selectionSet)));
  const found = [...new Set(['id', ...names(field.selectionSet)])].filter((name) => name !== '__typename').join(', ');
  columns.set(field, found);
  return found;
}

/** Names of prepared statements by text. @type {Map<string, string>} */
const names = new Map();

/** @param {string} shard @param {string} text @param {unknown[]} values */
async function rowsOf(shard, text, values) {
  const name = names.get(text) ?? `s${names.size}`;
  names.set(text, name);
  return (await pools.get(shard).query({ name, text, values })).rows;
}

/** The users with these ids, by id, with one statement for each shard. @param {string[]} ids @param {import('graphql').GraphQLResolveInfo} info */
async function usersById(ids, info) {
  const text = `SELECT ${columnsOf(info)} FROM peers.users WHERE id = ANY($1::bigint[])`;
  const byShard = shards.group(ids, (id) => id);
  const parts = await Promise.all([...byShard].map(([shard, own]) => rowsOf(shard, text, [own])));
  return new Map(parts.flat().map((row) => [row.id, row]));
}

/** References of a request that have been resolved in this turn. @type {WeakMap<object, { ids: string[], users: Promise<Map<string, object>> }>} */
const batches = new WeakMap();

const resolvers = {
  Query: {
    /** @param {unknown} _ @param {{ id: string }} args @param {unknown} __ @param {import('graphql').GraphQLResolveInfo} info */
    user: async (_, { id }, __, info) => {
      const text = `SELECT ${columnsOf(info)} FROM peers.users WHERE id = $1`;
      return (await rowsOf(shards.shardOf(id), text, [id]))[0] ?? null;
    },
    /** @param {unknown} _ @param {object} __ @param {unknown} ___ @param {import('graphql').GraphQLResolveInfo} info */
    topUsers: async (_, __, ___, info) => {
      const text = `SELECT ${columnsOf(info)} FROM peers.users ORDER BY score DESC, id LIMIT 100`;
      const parts = await Promise.all(endpoints.map(({ id }) => rowsOf(id, text, [])));
      return parts
        .flat()
        .sort((a, b) => b.score - a.score || Number(a.id) - Number(b.id))
        .slice(0, 100);
    },
  },
  User: {
    /**
     * A loader of mercurius does this too, but serializes each reference: a seventh more CPU for 1,000.
     * @param {{ id: string }} reference @param {object} _ @param {object} context @param {import('graphql').GraphQLResolveInfo} info
     */
    __resolveReference: ({ id }, _, context, info) => {
      let batch = batches.get(context);
      if (batch === undefined) {
        /** @type {string[]} */
        const ids = [];
        const send = () => {
          batches.delete(context);
          return usersById(ids, info);
        };
        batch = { ids, users: Promise.resolve().then(send) };
        batches.set(context, batch);
      }
      batch.ids.push(id);
      return batch.users.then((users) => users.get(id) ?? null);
    },
  },
};

const app = Fastify();
app.register(federation, { schema, resolvers, jit: 1 });
const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.(`${url}/graphql`);
// Never longer than the benchmark.
process.on('disconnect', () => process.exit());
