import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type ServedHandler, serveHandler } from '../client/support/serve-handler.ts';
import { protocolHandler } from '../graphql/support/protocol-handler.ts';
import { eventStreamSubscriber, take, webSocketSubscriber } from '../graphql/support/subscribers.ts';

const SECRET = 'the secret that signs the tokens of clients';
const TYPENAME = { query: '{ __typename }' };

describe('the transports of subscriptions', () => {
  const handler = protocolHandler({ environment: { ATLAS_TRUST_TENANT_HEADER: 'true' }, defaultTenant: null });
  const guarded = protocolHandler({ environment: { ATLAS_JWT_SECRET: SECRET }, defaultTenant: null });
  let served: ServedHandler;
  let strict: ServedHandler;
  beforeAll(async () => {
    served = await serveHandler(handler);
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
