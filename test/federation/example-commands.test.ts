import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Composer } from '../../examples/gateways/compose.ts';
import { printSubgraphSdl } from '../../src/graphql/schema/print-subgraph-sdl.ts';
import { withoutAuthorization } from '../../src/graphql/schema/without-authorization.ts';
import {
  blocksUnder,
  checkout,
  commandsIn,
  runInShell,
  ShellProcess,
  withValues,
} from '../support/documented-commands.ts';

const VALUES = {
  CLIENTS_SECRET: 'the secret that signs the tokens of clients',
  ATLAS_GATEWAY_SECRET: 'the secret that only the gateway has',
};
const [start, tryIt] = blocksUnder('docs/gateways.md', '## Four gateways', 'sh');
const [print = '', compose = '', serve = ''] = commandsIn(start);
const [makeToken = '', request = ''] = commandsIn(tryIt ?? '');

/** In the place of Atlas: it keeps the headers that a gateway sends, by request id. The gateways themselves are tested with Atlas in gateways.stack.test.ts. */
const received = new Map<string, IncomingHttpHeaders>();
const subgraph: Server = createServer((request, response) => {
  received.set(String(request.headers['x-request-id']), request.headers);
  response.setHeader('content-type', 'application/json').end('{"data":{"entity":{"id":"1"}}}');
});
const directory = mkdtempSync(join(tmpdir(), 'atlas-gateways-'));
const started: ShellProcess[] = [];

beforeAll(() => new Promise<void>((done) => subgraph.listen(0, '127.0.0.1', done)));

afterAll(async () => {
  await Promise.all(started.map((gateway) => gateway.stop('SIGKILL')));
  subgraph.closeAllConnections();
  await new Promise((done) => subgraph.close(done));
  rmSync(directory, { recursive: true });
});

const PREPARED = {
  apollo: withoutAuthorization,
  hive: (sdl: string) => sdl,
} as const satisfies Record<Composer, (sdl: string) => string>;

/** Composes and serves as documented, but with the SDL that `atlas schema print` would print. Answers with the URL of the gateway. */
async function composeAndServe(gateway: Composer): Promise<{ url: string; serving: ShellProcess }> {
  const folder = join(checkout(join(directory, gateway)), 'examples/gateways');
  const { port } = subgraph.address() as AddressInfo;
  const config = join(folder, 'supergraph.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('127.0.0.1:4000', `127.0.0.1:${port}`));
  const [, sdlFile = ''] = / > (\S+)$/.exec(print) ?? [];
  writeFileSync(join(folder, sdlFile), PREPARED[gateway](printSubgraphSdl(null)));
  const forGateway = (command: string) => withValues(command.replace(/\bhive\b/, gateway), VALUES);
  const composed = await runInShell(forGateway(compose), folder);
  if (composed.code !== 0) throw new Error(composed.output);
  // npx and tsx pass signals on: without them, the gateway gets one only.
  const direct = forGateway(serve).replace('npx tsx', 'node --import tsx');
  const serving = new ShellProcess(direct, folder, { PORT: '0' });
  started.push(serving);
  const [url] = await serving.says(/^http:\S+$/m);
  return { url, serving };
}

describe.concurrent.each(['apollo', 'hive'] as const)('the commands for the gateway %s', (gateway) => {
  it('compose, serve until stopped, and forward freshness, trace and request id, but not the identity that a client claims', async ({
    expect,
  }) => {
    const { url, serving } = await composeAndServe(gateway);
    const asked = {
      'x-max-acceptable-lag-ms': '900',
      'x-fallback-strategy': 'primary',
      'x-consistency-token': 'a, b',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'vendor=1',
      'x-request-id': gateway,
    };
    const claimed = { 'x-tenant-id': '8', 'x-atlas-roles': 'operate' };
    const headers = Object.entries({ ...claimed, ...asked }).map(([name, value]) => ` -H '${name}: ${value}'`);
    const ask = request.replace('http://127.0.0.1:4100/graphql', url).replace('curl -si', 'curl -s');
    const { output } = await runInShell(`${withValues(makeToken, VALUES)}\n${ask}${headers.join('')}`, '.');
    expect(JSON.parse(output)).toEqual({ data: { entity: { id: '1' } } });
    const identity = { 'x-tenant-id': '1', 'x-atlas-subject': 'ada', 'x-atlas-roles': 'read' };
    expect(received.get(gateway)).toMatchObject({ ...asked, ...identity, 'x-freshness-requirement': 'realtime' });
    await serving.stop();
    await expect.poll(() => fetch(url).catch(() => 'ended'), { timeout: 10_000 }).toBe('ended');
  }, 60_000);
});
