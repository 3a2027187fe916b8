/**
 * Serves a supergraph on http://127.0.0.1:4100/graphql:
 *
 *     CLIENTS_SECRET=… ATLAS_GATEWAY_SECRET=… npx tsx examples/gateways/serve.ts supergraph.graphql hive
 *
 * CLIENTS_SECRET signs the tokens of clients (HS256); with ATLAS_GATEWAY_SECRET, the gateway signs for Atlas who they are.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startStandaloneServer } from '@apollo/server/standalone';
import type { GatewaySecrets } from './client-identity.ts';

const [file, gateway] = process.argv.slice(2);
const { CLIENTS_SECRET, ATLAS_GATEWAY_SECRET, PORT = '4100' } = process.env;
if (file === undefined || CLIENTS_SECRET === undefined || ATLAS_GATEWAY_SECRET === undefined) {
  throw new Error('Usage: CLIENTS_SECRET=… ATLAS_GATEWAY_SECRET=… serve.ts <supergraph.graphql> apollo|hive');
}
const supergraph = readFileSync(file, 'utf8');
const secrets: GatewaySecrets = { clients: CLIENTS_SECRET, atlas: ATLAS_GATEWAY_SECRET };
const listen = { host: '127.0.0.1', port: Number(PORT) };

if (gateway === 'apollo') {
  const { createApolloGateway, gatewayContext } = await import('./apollo-gateway.ts');
  const { url } = await startStandaloneServer(createApolloGateway(supergraph, secrets), {
    listen,
    context: async ({ req }) =>
      gatewayContext(
        Object.entries(req.headers).map(([name, value]) => [name, String(value)] as const),
        secrets,
      ),
  });
  process.stdout.write(`${url}\n`);
} else {
  const { createHiveGateway } = await import('./hive-gateway.ts');
  const server = createServer(createHiveGateway(supergraph, secrets));
  await new Promise<void>((done) => server.listen(listen, done));
  // Answers what has begun. Without this, the server goes on after the gateway has stopped itself.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      server.close(() => process.exit());
      server.closeIdleConnections();
    });
  }
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql\n`);
}
