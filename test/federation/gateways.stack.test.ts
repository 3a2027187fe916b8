import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeaderMap } from '@apollo/server';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApolloGateway, gatewayContext } from '../../examples/gateways/apollo-gateway.ts';
import { createHiveGateway } from '../../examples/gateways/hive-gateway.ts';
import { withoutAuthorization } from '../../src/graphql/schema/without-authorization.ts';
import { eventStreamSubscriber, take } from '../graphql/support/subscribers.ts';
import { AtlasProcess, type GraphQLAnswer, startAtlasDev } from '../support/atlas-process.ts';
import { temporaryDirectory } from '../support/run-directory.ts';
import { COMPOSERS } from './compose-supergraph.ts';
import { startGreetingsSubgraph } from './greetings-subgraph.ts';
import { startOrdersSubgraph } from './orders-subgraph.ts';
import { startReviewsSubgraph } from './reviews-subgraph.ts';

interface About {
  readonly id: string;
  readonly text: string | null;
  readonly freshness: { readonly source: string; readonly lagMs: number | null; readonly stale: boolean };
}
interface Reviews {
  readonly reviews: readonly { readonly body: string; readonly about: About | null }[];
}
type Ask = (query: string, headers?: Record<string, string>) => Promise<GraphQLAnswer<Reviews>>;
interface Gateway {
  readonly ask: Ask;
  /** Where it has GraphQL over SSE; null: it carries no subscriptions. */
  readonly events: string | null;
  stop(): Promise<void>;
}
type StartGateway = (supergraphSdl: string) => Promise<Gateway>;

const SECRETS = {
  clients: 'the secret that signs the tokens of clients',
  atlas: 'the secret that only the gateway shares',
};

/** A client's token. */
async function bearer(claims: object, secret = SECRETS.clients): Promise<Record<string, string>> {
  const token = new SignJWT({ sub: 'ada', ...claims }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('5m');
  return { authorization: `Bearer ${await token.sign(new TextEncoder().encode(secret))}` };
}

const REVIEWS = '{ reviews { body about { id text(key: "name") freshness { source lagMs stale } } } }';

let atlas: AtlasProcess;
let reviews: Awaited<ReturnType<typeof startReviewsSubgraph>>;
let greetings: Awaited<ReturnType<typeof startGreetingsSubgraph>>;
let orders: Awaited<ReturnType<typeof startOrdersSubgraph>>;
let sdl: string;

beforeAll(async () => {
  const environment = {
    ATLAS_GATEWAY_SECRET: SECRETS.atlas,
    ATLAS_DEFAULT_ROLES: 'read,write,define,analytics,operate',
  };
  atlas = await startAtlasDev(temporaryDirectory('gateways'), ['--no-sample'], environment);
  const shared = await atlas.graphql(
    'mutation { defineAttribute(input: { key: "name", type: TEXT, exposed: true, shared: true }) { definition { shared } } }',
  );
  expect(shared).toMatchObject({ errors: [], data: { defineAttribute: { definition: { shared: true } } } });
  const key = await atlas.graphql(
    `mutation { defineAttribute(input: { key: "sku", type: TEXT, unique: true, entityTypes: ["product"], exposed: true, shared: true })
      { definition { unique shared } } }`,
  );
  expect(key).toMatchObject({ errors: [], data: { defineAttribute: { definition: { unique: true, shared: true } } } });
  const own = 'mutation { defineAttribute(input: { key: "own", type: NUMBER, exposed: true }) { definition { key } } }';
  expect((await atlas.graphql(own)).errors).toEqual([]);
  const written = await atlas.graphql(
    `mutation { upsertEntities(input: [
      { id: "1", type: "user", attributes: [{ key: "name", text: "Ada" }] },
      { id: "2", type: "user", attributes: [{ key: "name", text: "Grace" }] },
      { type: "product", attributes: [{ key: "sku", text: "A-1" }, { key: "name", text: "Hammer" }] },
      { type: "product", attributes: [{ key: "sku", text: "B-2" }, { key: "name", text: "Bolt" }] }
    ]) { results { status error { message } } consistencyToken } }`,
  );
  expect(written.errors).toEqual([]);
  reviews = await startReviewsSubgraph(['1', '2']);
  greetings = await startGreetingsSubgraph();
  orders = await startOrdersSubgraph(['B-2', 'A-1', 'C-3']);
  const service = await atlas.graphql<{ _service: { sdl: string } }>('{ _service { sdl } }');
  expect(service.data?._service.sdl).toContain('own: Float');
  sdl = await printedSdl();
});

afterAll(async () => {
  await reviews?.stop();
  await greetings?.stop();
  await orders?.stop();
  await atlas?.destroy();
});

const apolloGateway: StartGateway = async (supergraphSdl) => {
  const server = createApolloGateway(supergraphSdl, SECRETS);
  await server.start();
  return {
    events: null,
    stop: () => server.stop(),
    ask: async (query, headers = {}) => {
      const response = await server.executeHTTPGraphQLRequest({
        context: async () => gatewayContext(Object.entries(headers), SECRETS),
        httpGraphQLRequest: {
          method: 'POST',
          search: '',
          headers: new HeaderMap([['content-type', 'application/json']]),
          body: { query },
        },
      });
      if (response.body.kind !== 'complete') throw new Error('The gateway answered in parts');
      return answer(JSON.parse(response.body.string), response.status ?? 200, new Headers([...response.headers]));
    },
  };
};

const hiveGateway: StartGateway = async (supergraphSdl) => {
  const gateway = createHiveGateway(supergraphSdl, SECRETS);
  const server = createServer(gateway);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    events: `http://127.0.0.1:${port}/graphql`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await gateway[Symbol.asyncDispose]();
    },
    ask: async (query, headers = {}) => {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
      return answer(await response.json(), response.status, response.headers);
    },
  };
};

function answer(body: unknown, status: number, headers: Headers): GraphQLAnswer<Reviews> {
  return { data: null, errors: [], extensions: {}, ...(body as Partial<GraphQLAnswer<Reviews>>), status, headers };
}

/** What `atlas schema print` prints of the running stack. */
async function printedSdl(...args: readonly string[]): Promise<string> {
  const print = new AtlasProcess(['schema', 'print', ...args], atlas.home);
  expect(await print.exit()).toBe(0);
  return print.output;
}

it('prints the typed fields that all tenants share, or also those of one', async () => {
  expect(sdl).toContain('name: String');
  expect(sdl).not.toContain('own: Float');
  expect(await printedSdl('--tenant', '1')).toContain('own: Float');
  expect(await printedSdl('--tenant', '2', '--no-authorization')).toBe(`${withoutAuthorization(sdl)}\n`);
});

describe.each([
  // Apollo Gateway refuses a supergraph with authorization directives, which it does not enforce.
  ['Apollo Gateway', '@apollo/composition', apolloGateway, withoutAuthorization],
  ['Hive Gateway', '@theguild/federation-composition', hiveGateway, (given: string) => given],
] as const)('%s, over a supergraph by %s', (_name, composer, start, prepared) => {
  let gateway: Gateway;
  let client: Record<string, string>;
  /** As a client of tenant 1. */
  const ask: Ask = (query, headers) => gateway.ask(query, { ...headers, ...client });

  beforeAll(async () => {
    const compose = COMPOSERS[composer];
    if (compose === undefined) throw new Error(`There is no composer ${composer}`);
    client = await bearer({ tenant: 1 });
    const { url } = reviews;
    const urls = { atlas: `${atlas.stack.http}/graphql`, reviews: url, greetings: greetings.url, orders: orders.url };
    gateway = await start(compose(prepared(sdl), urls));
  });

  afterAll(() => gateway?.stop());

  it('resolves references of another subgraph, with freshness in the data', async () => {
    const { data, errors } = await ask(REVIEWS, { 'x-freshness-requirement': 'realtime' });
    expect(errors).toEqual([]);
    expect(data?.reviews.map((review) => review.about?.text)).toEqual(['Ada', 'Grace']);
    expect(data?.reviews[0]?.about?.freshness).toMatchObject({ source: 'PRIMARY', stale: false });
  });

  it('forwards the freshness headers, and returns freshness in headers and extensions', async () => {
    const { headers, extensions } = await ask(REVIEWS, { 'x-freshness-requirement': 'realtime' });
    expect(headers.get('x-data-source')).toBe('primary');
    expect(headers.get('x-data-freshness')).toBe('realtime');
    expect(Number(headers.get('x-actual-lag-ms'))).toBe(0);
    expect(headers.get('x-replication-health')).toBe('healthy');
    expect(extensions.freshness).toMatchObject({ servedClass: 'REALTIME', maxLagMs: 0 });
    expect(extensions.freshness?.reads.every((read) => read.requested.class === 'REALTIME')).toBe(true);
  });

  it('returns one token for all calls to the subgraph, which a later request may send', async () => {
    // The entities of the reviews and the entity of the query take two calls, whose tokens differ if something was written between them.
    const query = REVIEWS.replace('{ reviews', '{ entity(id: "2") { id } reviews');
    const first = await ask(query, { 'x-freshness-requirement': 'realtime' });
    expect(first.errors).toEqual([]);
    const token = first.headers.get('x-consistency-token') ?? '';
    expect(token).toMatch(/^[-_A-Za-z0-9]{20,}(, [-_A-Za-z0-9]{20,})*$/);
    expect(first.extensions.freshness).toMatchObject({ token });
    const next = await ask(query, { 'x-consistency-token': token });
    expect(next.errors).toEqual([]);
    expect(next.data?.reviews.map((review) => review.about?.text)).toEqual(['Ada', 'Grace']);
    const forged = await ask(query, { 'x-consistency-token': `${token.slice(0, -1)}!` });
    expect(JSON.stringify(forged.errors)).toContain('The consistency token');
  });

  it('carries subscriptions, if it is one that can', async () => {
    const query = `subscription ($ids: [ID!]) { entityChanged(ids: $ids) { change { entityId version } matches cursor } }`;
    const { events } = gateway;
    if (events === null) {
      const { data, errors } = await ask('subscription { entityChanged { matches } }');
      expect([data, errors]).toMatchObject([
        null,
        [{ message: 'Execution of subscriptions not supported by gateway' }],
      ]);
      return;
    }
    const upsert = (id: string, name: string) =>
      atlas.graphql(
        `mutation { upsertEntity(input: { id: "${id}", type: "user", attributes: [{ key: "name", text: "${name}" }] }) { status } }`,
      );
    const subscriber = eventStreamSubscriber(events, { ...client, 'x-tenant-id': '2' });
    const results = subscriber.iterate({ query, variables: { ids: ['71'] } });
    const told = take(results, 2);
    await vi.waitFor(async () => {
      const metrics = await (await fetch(`${atlas.stack.http}/metrics`)).text();
      expect(metrics).toMatch(/^atlas_subscriptions_open 1$/m);
    }, 10_000);
    await upsert('72', 'Nobody');
    await upsert('71', 'Hedy');
    await upsert('71', 'Hedy Lamarr');
    expect(await told).toMatchObject(
      [1, 2].map((version) => ({
        data: { entityChanged: { change: { entityId: '71', version }, matches: true, cursor: expect.any(String) } },
      })),
    );
    await results.return?.();
    subscriber.close();
    const foreign = eventStreamSubscriber(events, {});
    await expect(foreign.iterate({ query }).next()).rejects.toThrow('Server responded with 401: Unauthorized');
    await vi.waitFor(async () => {
      const metrics = await (await fetch(`${atlas.stack.http}/metrics`)).text();
      expect(metrics).toMatch(/^atlas_subscriptions_open 0$/m);
    }, 10_000);
  });

  it('shows a client its own tenant only, however it asks for another', async () => {
    const names = '{ entitiesById(ids: ["1", "2"]) { text(key: "name") } }';
    for (const headers of [
      { 'x-tenant-id': '2' },
      { 'x-atlas-roles': 'operate' },
      { 'x-atlas-signature': 't=1,v1=00' },
      { 'x-gateway-client': '{"tenant":"2","subject":"eve","roles":[]}' },
    ]) {
      const { data, errors } = await ask(names, headers);
      expect([data, errors]).toEqual([{ entitiesById: [{ text: 'Ada' }, { text: 'Grace' }] }, []]);
    }
    const other = await gateway.ask(names, { ...(await bearer({ tenant: 2 })), 'x-tenant-id': '1' });
    expect([other.data, other.errors]).toEqual([{ entitiesById: [null, null] }, []]);
  });

  it('refuses a client that it does not know', async () => {
    for (const headers of [
      {},
      { 'x-tenant-id': '1' },
      await bearer({ tenant: 1 }, 'a secret of somebody else entirely'),
    ]) {
      const { status, data, errors } = await gateway.ask(REVIEWS, headers);
      expect([status, data, errors.length]).toEqual([401, null, 1]);
    }
  });

  it('gives another subgraph the typed field that it requires, of every tenant', async () => {
    const query = '{ entitiesById(ids: ["1", "2"]) { name greeting } }';
    const mine = await ask(query);
    expect([mine.data, mine.errors]).toEqual([
      {
        entitiesById: [
          { name: 'Ada', greeting: 'Hello, Ada' },
          { name: 'Grace', greeting: 'Hello, Grace' },
        ],
      },
      [],
    ]);
    const filtered = await ask('{ entities(where: { name: { startsWith: "A" } }) { edges { node { greeting } } } }');
    expect([filtered.data, filtered.errors]).toEqual([
      { entities: { edges: [{ node: { greeting: 'Hello, Ada' } }] } },
      [],
    ]);
    const other = await gateway.ask(query, await bearer({ tenant: 2 }));
    expect([other.data, other.errors]).toEqual([{ entitiesById: [null, null] }, []]);
  });

  it('resolves references by type and key, each in its own tenant', async () => {
    const query = '{ ordered { sku name } }';
    const mine = await ask(query, { 'x-freshness-requirement': 'realtime' });
    const names = [
      { sku: 'B-2', name: 'Bolt' },
      { sku: 'A-1', name: 'Hammer' },
      { sku: 'C-3', name: null },
    ];
    expect([mine.data, mine.errors]).toEqual([{ ordered: names }, []]);
    const other = await gateway.ask(query, await bearer({ tenant: 2 }));
    expect(other.data).toEqual({ ordered: names.map(({ sku }) => ({ sku, name: null })) });
  });

  it('carries the argument through the query plan', async () => {
    const { data } = await ask(
      '{ entitiesById(ids: ["2", "1", "3"], freshness: { class: REALTIME }) { id text(key: "name") freshness { source } } }',
    );
    expect(data).toEqual({
      entitiesById: [
        { id: '2', text: 'Grace', freshness: { source: 'PRIMARY' } },
        { id: '1', text: 'Ada', freshness: { source: 'PRIMARY' } },
        null,
      ],
    });
  });
});
