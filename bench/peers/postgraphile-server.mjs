import './promise-with-resolvers.mjs';

import { createServer } from 'node:http';
import { grafserv } from 'grafserv/node';
import pg from 'pg';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { PostGraphileConnectionFilterPreset } from 'postgraphile-plugin-connection-filter';

/**
 * PostGraphile on the schema `peers` of one server: `postgraphile-server.mjs URL POOL_SIZE`; its first message is its URL. Lists instead of
 * connections, whose cursors nobody asks for; statements are prepared, and run without a transaction, as there are no settings of a request.
 */
const pool = new pg.Pool({ connectionString: process.argv[2], max: Number(process.argv[3]) });

const instance = postgraphile({
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
  pgServices: [makePgService({ pool, schemas: ['peers'], pubsub: false })],
  schema: {
    defaultBehavior: '-connection +list -insert -update -delete',
    connectionFilterAllowedOperators: ['in'],
  },
  grafserv: { graphiql: false, watch: false, websockets: false, outputDataAsString: true },
  grafast: { explain: false },
});
const server = createServer();
await instance.createServ(grafserv).addTo(server);
await instance.getSchema();
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.send?.(`http://127.0.0.1:${address.port}/graphql`);
});
// Never longer than the benchmark.
process.on('disconnect', () => process.exit());
