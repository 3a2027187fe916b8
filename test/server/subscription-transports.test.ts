import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type ServedHandler, serveHandler } from '../client/support/serve-handler.ts';
import { protocolHandler } from '../graphql/support/protocol-handler.ts';
import { eventStreamSubscriber, take, webSocketSubscriber } from '../graphql/support/subscribers.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const SECRET = 'the secret that signs the tokens of clients';
const TYPENAME = { query: '{ __typename }' };

describe('the transports of subscriptions', () => {
  const INIT = JSON.stringify({ type: 'connection_init', payload: { 'x-tenant-id': '1' } });
  const subscribe = (id: unknown, payload: unknown) => JSON.stringify({ type: 'subscribe', id, payload });
  const faults: string[] = [];
  const logger = pino({ level: 'error' }, { write: (line: string) => faults.push(line) });
  const folder = temporaryDirectory('documents');
  const ATLAS_TRUSTED_DOCUMENTS = join(folder, 'manifest.json');
  writeFileSync(ATLAS_TRUSTED_DOCUMENTS, JSON.stringify({ named: TYPENAME.query }));
  const environment = { ATLAS_TRUST_TENANT_HEADER: 'true', ATLAS_TRUSTED_DOCUMENTS };
  const handler = protocolHandler({ environment, defaultTenant: null, logger });
  const guarded = protocolHandler({ environment: { ATLAS_JWT_SECRET: SECRET }, defaultTenant: null });
  let served: ServedHandler;
  let strict: ServedHandler;
  beforeAll(async () => {
    served = await serveHandler(handler, {}, logger);
    strict = await serveHandler(guarded, {
      ATLAS_CORS_ORIGINS: 'https://shop.example',
      ATLAS_ALLOWED_HOSTS: '127.0.0.1',
      ATLAS_MAX_REQUEST_BYTES: '2000',
      ATLAS_HEADERS_TIMEOUT_MS: '50',
    });
  });
  afterAll(async () => {
    await Promise.all([served?.stop(), strict?.stop()]);
    await Promise.all([handler.stop(), guarded.stop()]);
    rmSync(folder, { recursive: true });
  });

  /** With what status an upgrade is refused; 101 if it is not. */
  async function upgraded(url: string, headers: Record<string, string>): Promise<number> {
    const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { headers });
    socket.on('error', () => {});
    const status = await new Promise<number>((resolve) => {
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.once('open', () => resolve(101));
    });
    socket.terminate();
    return status;
  }

  it('answer other operations once', async () => {
    for (const [connectTo, refusal] of [
      [webSocketSubscriber, [{ message: 'Cannot query field "unknown" on type "Query".' }]],
      [eventStreamSubscriber, { message: 'Server responded with 400: Bad Request' }],
    ] as const) {
      const subscriber = connectTo(served.url, { 'x-tenant-id': '1' });
      const results = subscriber.iterate(TYPENAME);
      expect(await take(results, 1)).toMatchObject([{ data: { __typename: 'Query' } }]);
      expect((await results.next()).done).toBe(true);
      const wrong = subscriber.iterate({ query: '{ unknown }' });
      await expect(wrong.next()).rejects.toMatchObject(refusal);
      subscriber.close();
    }
    const both = await fetch(served.url, {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', 'x-tenant-id': '1' },
        accept: 'application/graphql-response+json, application/json, text/event-stream',
      },
      body: JSON.stringify(TYPENAME),
    });
    expect([both.headers.get('content-type'), await both.json()]).toMatchObject([
      'application/graphql-response+json; charset=utf-8',
      { data: { __typename: 'Query' } },
    ]);
  });

  it('take the id of a trusted document in place of a query', async () => {
    const ids = [{ documentId: 'named' }, { extensions: { persistedQuery: { version: 1, sha256Hash: 'named' } } }];
    const socket = new WebSocket(served.url.replace('http', 'ws'), 'graphql-transport-ws');
    const arrived: unknown[] = [];
    socket.on('message', (message) => arrived.push(JSON.parse(String(message))));
    await once(socket, 'open');
    socket.send(INIT);
    await vi.waitFor(() => expect(arrived).toEqual([{ type: 'connection_ack' }]));
    for (const payload of ids) {
      socket.send(subscribe('1', payload));
      await vi.waitFor(() => expect(arrived.at(-1)).toEqual({ type: 'complete', id: '1' }));
      expect(arrived.splice(1)).toMatchObject([{ type: 'next', payload: { data: { __typename: 'Query' } } }, {}]);
      const subscriber = eventStreamSubscriber(served.url, { 'x-tenant-id': '1' });
      expect(await take(subscriber.iterate(payload as never), 1)).toMatchObject([{ data: { __typename: 'Query' } }]);
      subscriber.close();
    }
    socket.send(subscribe('1', { documentId: 'gone' }));
    await vi.waitFor(() => expect(arrived).toHaveLength(2));
    const message = 'Unknown document "gone"; expected an id of the manifest.';
    expect(arrived[1]).toMatchObject({ type: 'error', payload: [{ message }] });
    socket.terminate();
  });

  it('say what is wrong with a subscription before there is a stream', async () => {
    const response = await fetch(served.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tenant-id': '1', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { unknown }' }),
    });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    ]);
  });

  it('identify the client of a connection when it begins, by the same headers as a request', async () => {
    const nobody = webSocketSubscriber(strict.url, {});
    await expect(nobody.iterate(TYPENAME).next()).rejects.toMatchObject({
      code: 4403,
      reason: expect.stringMatching(/^UNAUTHENTICATED: /),
    });
    const forged = webSocketSubscriber(strict.url, { Authorization: 'Bearer x.y.z' });
    await expect(forged.iterate(TYPENAME).next()).rejects.toMatchObject({ code: 4403 });
    // What a proxy has set, the client cannot replace.
    const socket = new WebSocket(served.url.replace('http', 'ws'), 'graphql-transport-ws', {
      headers: { 'x-tenant-id': 'none' },
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { 'x-tenant-id': '1' } }));
    const [code, reason] = await once(socket, 'close');
    expect([code, String(reason)]).toEqual([4403, expect.stringMatching(/^TENANT_REQUIRED: /)]);
  });

  it('end a connection that does not say who it is in time, or sends what no request may', async () => {
    const url = strict.url.replace('http', 'ws');
    const silent = new WebSocket(url, 'graphql-transport-ws');
    expect((await once(silent, 'close'))[0]).toBe(4408);
    const deep = new WebSocket(served.url.replace('http', 'ws'), 'graphql-transport-ws');
    await once(deep, 'open');
    deep.send(`{"type":"connection_init","payload":${'['.repeat(5_000)}${']'.repeat(5_000)}}`);
    expect((await once(deep, 'close'))[0]).toBe(4400);
    const large = new WebSocket(url, 'graphql-transport-ws');
    await once(large, 'open');
    large.send('x'.repeat(3_000));
    expect((await once(large, 'close'))[0]).toBe(1009);
  });

  it.each([
    ['subscription { entityChanged @skip(if: true) { cursor } }', 'skip'],
    ['subscription { ...F } fragment F on Subscription { entityChanged @include(if: false) { cursor } }', 'include'],
    ['subscription { ... on Subscription @skip(if: false) { entityChanged { cursor } } }', 'skip'],
    ['subscription ($on: Boolean = true) { entityChanged @include(if: $on) { cursor } }', 'include'],
    ['subscription { entityChanged @skip { cursor } }', 'skip'],
  ])('say that a subscription has exactly one field: %s', async (query, directive) => {
    const message = `A subscription must select exactly one field, so @${directive} cannot decide on it.`;
    for (const accept of ['application/graphql-response+json', 'text/event-stream']) {
      const response = await fetch(served.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-tenant-id': '1', accept },
        body: JSON.stringify({ query }),
      });
      expect([accept, response.status, await response.json()]).toMatchObject([
        accept,
        400,
        { errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] },
      ]);
    }
    const subscriber = webSocketSubscriber(served.url, { 'x-tenant-id': '1' });
    await expect(subscriber.iterate({ query }).next()).rejects.toMatchObject([{ message }]);
    subscriber.close();
  });

  it('leave conditions inside a subscription, and those of queries, alone', async () => {
    for (const query of [
      'query subscription { __typename @skip(if: false) }',
      'subscription { entityChanged { cursor @skip(if: true) unknown } }',
    ]) {
      const answer = await (
        await fetch(served.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-tenant-id': '1' },
          body: JSON.stringify({ query }),
        })
      ).text();
      expect(answer).toMatch(/"__typename":"Query"|Cannot query field \\"unknown\\"/);
    }
  });

  const LONG = 'é'.repeat(100);
  // What stays open until the next message comes.
  const WAITING = { query: '{ __typename }', variables: null };

  it.each<[string, number, readonly string[]]>([
    ['no JSON', 4400, ['{']],
    ['no object', 4400, ['[]']],
    ['no type', 4400, ['{}']],
    ['an unknown type', 4400, ['{"type":"start"}']],
    ['a message of servers', 4400, ['{"type":"connection_ack"}']],
    ['a message of servers with escapes', 4400, ['{"id":"1","type":"\\u006eext","payload":{}}']],
    ['an event', 4400, [INIT, '{"type":"next","id":"1","payload":{}}']],
    ['errors', 4400, [INIT, '{"type":"error","id":"1","payload":[{"message":"x"}]}']],
    ['parameters that are no object', 4400, ['{"type":"connection_init","payload":[1]}']],
    ['an operation before it says who it is', 4401, [subscribe('1', TYPENAME)]],
    ['an operation without a query', 4400, [INIT, subscribe('1', {})]],
    ['an operation without an id', 4400, [INIT, subscribe(undefined, TYPENAME)]],
    ['an operation that is no object', 4400, [INIT, subscribe('1', 'x')]],
    ['variables that are no object', 4400, [INIT, subscribe('1', { ...TYPENAME, variables: [] })]],
    ['an end without an id', 4400, [INIT, '{"type":"complete"}']],
    ['who it is twice', 4429, [INIT, INIT]],
    [
      'an id twice, even one that is longer than a reason',
      4409,
      [INIT, subscribe(LONG, WAITING), subscribe(LONG, WAITING)],
    ],
    ['a tenant that is longer than a reason', 4403, [INIT.replace('"1"', JSON.stringify(`x${LONG}`))]],
  ])("close a connection that sends %s as its client's fault", async (_what, expected, messages) => {
    faults.length = 0;
    const socket = new WebSocket(served.url.replace('http', 'ws'), 'graphql-transport-ws');
    await once(socket, 'open');
    const closed = once(socket, 'close');
    for (const [at, message] of messages.entries()) {
      socket.send(message);
      if (at === 0 && messages.length > 1) await once(socket, 'message');
    }
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, faults]).toEqual([expected, []]);
    expect(String(reason)).toMatch(/^[^\uFFFD]+$/);
  });

  it('are closed to pages of other origins, under other names and at other paths', async () => {
    const { host } = new URL(strict.url);
    expect(await upgraded(strict.url, {})).toBe(101);
    expect(await upgraded(strict.url, { origin: `http://${host}` })).toBe(101);
    expect(await upgraded(strict.url, { origin: 'https://shop.example' })).toBe(101);
    expect(await upgraded(strict.url, { origin: 'https://evil.example' })).toBe(403);
    expect(await upgraded(strict.url, { origin: 'null' })).toBe(403);
    expect(await upgraded(strict.url, { host: 'evil.example' })).toBe(421);
    expect(await upgraded(strict.url.replace('/graphql', '/other'), {})).toBe(404);
  });

  /** An upgrade over a connection that the test keeps half open. */
  async function rawUpgrade(url: string, path: string) {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    const headers = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Protocol: graphql-transport-ws'];
    const head = [`GET ${path} HTTP/1.1`, 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', ...headers];
    socket.write(`${head.join('\r\n')}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    return socket;
  }

  it('outlast a client that resets the connection while its upgrade is refused', async () => {
    for (let n = 0; n < 5; n++) {
      const socket = await rawUpgrade(served.url, '/other');
      socket.once('connect', () => setImmediate(() => socket.resetAndDestroy()));
      await once(socket, 'close');
    }
    expect(await upgraded(served.url, {})).toBe(101);
  });

  it('do not wait for clients that stay when the server closes', async () => {
    const other = await serveHandler(handler);
    const refused = await rawUpgrade(other.url, '/other');
    const accepted = await rawUpgrade(other.url, '/graphql');
    expect(String((await once(refused, 'data'))[0])).toContain('404 Not Found');
    expect(String((await once(accepted, 'data'))[0])).toContain('101 Switching Protocols');
    await other.stop();
    for (const socket of [refused, accepted]) socket.destroy();
  });

  it('leave requests alone that offer another protocol', async () => {
    const { port } = new URL(served.url);
    const socket = connect(Number(port), '127.0.0.1');
    const body = JSON.stringify(TYPENAME);
    const head = [
      ...['POST /graphql HTTP/1.1', 'Host: 127.0.0.1', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c'],
      ...['HTTP2-Settings: AAEAAEAA', 'content-type: application/json', 'x-tenant-id: 1'],
      `content-length: ${body.length}`,
    ];
    // The body in two parts, of which the second comes later.
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, 5)}`);
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(body.slice(5));
    let answer = '';
    for await (const data of socket) {
      answer += String(data);
      if (answer.includes('__typename')) break;
    }
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*"__typename":"Query"/s);
  });
});
