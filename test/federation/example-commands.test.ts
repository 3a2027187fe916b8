import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Composer, composeSupergraph } from '../../examples/gateways/compose.ts';
import { printSubgraphSdl } from '../../src/graphql/schema/print-subgraph-sdl.ts';
import { withoutAuthorization } from '../../src/graphql/schema/without-authorization.ts';

const SECRET = 'the secret that signs the tokens of clients';

/** In the place of Atlas: it keeps the headers that a gateway sends, by request id. The gateways themselves are tested with Atlas in gateways.stack.test.ts. */
const received = new Map<string, IncomingHttpHeaders>();
const subgraph: Server = createServer((request, response) => {
  received.set(String(request.headers['x-request-id']), request.headers);
  response.setHeader('content-type', 'application/json').end('{"data":{"entity":{"id":"1"}}}');
});
const directory = mkdtempSync(join(tmpdir(), 'atlas-gateways-'));
const started: ChildProcess[] = [];

beforeAll(() => new Promise<void>((done) => subgraph.listen(0, '127.0.0.1', done)));

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  subgraph.closeAllConnections();
  await new Promise((done) => subgraph.close(done));
  rmSync(directory, { recursive: true });
});

/** Runs the documented command; answers with the URL that it prints. */
async function serve(supergraph: string, gateway: Composer): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/gateways/serve.ts', supergraph, gateway], {
    env: {
      ...process.env,
      CLIENTS_SECRET: SECRET,
      ATLAS_GATEWAY_SECRET: 'the secret that only the gateway has',
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  let output = '';
  for await (const chunk of child.stdout) {
    output += String(chunk);
    const url = /^http:\S+$/m.exec(output)?.[0];
    if (url !== undefined) return url;
  }
  await once(child, 'close');
  throw new Error('The gateway ended');
}

const PREPARED = {
  apollo: withoutAuthorization,
  hive: (sdl: string) => sdl,
} as const satisfies Record<Composer, (sdl: string) => string>;

/** Composes and serves; answers with the URL of the gateway. */
async function composeAndServe(gateway: Composer): Promise<string> {
  const home = join(directory, gateway);
  const { port } = subgraph.address() as AddressInfo;
  mkdirSync(home);
  const config = readFileSync('examples/gateways/supergraph.yaml', 'utf8');
  writeFileSync(join(home, 'supergraph.yaml'), config.replace('127.0.0.1:4000', `127.0.0.1:${port}`));
  writeFileSync(join(home, 'atlas.graphql'), PREPARED[gateway](printSubgraphSdl(null)));
  const supergraph = join(home, 'supergraph.graphql');
  writeFileSync(supergraph, composeSupergraph(join(home, 'supergraph.yaml'), gateway));
  return serve(supergraph, gateway);
}

describe.concurrent.each(['apollo', 'hive'] as const)('the commands for the gateway %s', (gateway) => {
  it('compose, serve, and forward freshness, trace and request id, but not the identity that a client claims', async ({
    expect,
  }) => {
    const url = await composeAndServe(gateway);
    const token = await new SignJWT({ sub: 'ada', tenant: 7, roles: ['read'] })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(SECRET));
    const asked = {
      'x-freshness-requirement': 'operational',
      'x-max-acceptable-lag-ms': '900',
      'x-fallback-strategy': 'primary',
      'x-consistency-token': 'a, b',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'vendor=1',
      'x-request-id': gateway,
    };
    const claimed = { 'x-tenant-id': '8', 'x-atlas-roles': 'operate' };
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...claimed, ...asked },
      body: JSON.stringify({ query: '{ entity(id: "1") { id } }' }),
    });
    expect(await response.json()).toEqual({ data: { entity: { id: '1' } } });
    const identity = { 'x-tenant-id': '7', 'x-atlas-subject': 'ada', 'x-atlas-roles': 'read' };
    expect(received.get(gateway)).toMatchObject({ ...asked, ...identity });
  }, 60_000);
});
