import { once } from 'node:events';
import { connect } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SettingName } from '../../src/config/settings.ts';
import { buildApp } from '../../src/server/build-app.ts';
import { HttpServer } from '../../src/server/http-server.ts';
import { appOptions } from '../support/http-app.ts';

type Environment = Partial<Record<SettingName, string>>;

const ok = {
  status: 200,
  headers: new Map([
    ['content-type', 'application/json'],
    ['x-consistency-token', 'abc'],
  ]),
  body: '{"data":{}}',
};
const app = (environment: Environment = {}) => buildApp(appOptions(() => ok, { environment }));
const post = { method: 'POST', url: '/graphql', payload: { query: '{ a }' } } as const;

async function started(environment: Environment): Promise<HttpServer> {
  const server = new HttpServer(appOptions(() => ok, { environment }));
  await server.start();
  onTestFinished(() => server.stop());
  return server;
}

/** What arrives on a connection that sends `text` and then nothing, until the server closes it. */
function untilClosed(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      received += String(chunk);
    });
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
  });
}

describe('every response', () => {
  it('has security headers', async () => {
    for (const request of [
      post,
      { url: '/health/live' },
      { url: '/metrics' },
      { url: '/nothing' },
      { url: '/graphql', method: 'PUT' as const },
    ]) {
      const { headers } = await app().inject(request);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
    }
    const page = await app().inject({ url: '/' });
    expect(page.headers['content-security-policy']).toContain("script-src 'sha256-");
  });

  it.each([
    ['a path that is not valid', 400, 'GET /%E0%A4%A HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'],
    ['what is not HTTP', 400, 'FOO\r\n\r\n'],
    ['too large headers', 431, `GET / HTTP/1.1\r\nhost: a\r\na: ${'b'.repeat(40_000)}\r\n\r\n`],
    ['a request that does not arrive', 408, 'GET / HTTP/1.1\r\n'],
  ])('has them if no route sees the request: %s', async (_what, status, request) => {
    const server = await started({ ATLAS_HEADERS_TIMEOUT_MS: '200' });
    const response = await untilClosed(server.url, request);
    expect(response).toContain(`HTTP/1.1 ${status} `);
    expect(response).toContain('x-content-type-options: nosniff\r\n');
    expect(response).toContain("content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n");
    expect(response).toContain('referrer-policy: no-referrer\r\n');
    expect(JSON.parse(response.slice(response.indexOf('\r\n\r\n')))).toEqual({ error: expect.any(String) });
  });
});

describe('a page of another origin', () => {
  const preflight = (origin: string) =>
    ({
      method: 'OPTIONS',
      url: '/graphql',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,authorization',
      },
    }) as const;

  it('may send nothing unless its origin is listed', async () => {
    for (const one of [app(), app({ ATLAS_CORS_ORIGINS: 'https://app.example' })]) {
      for (const request of [
        preflight('https://evil.example'),
        { ...post, headers: { origin: 'https://evil.example' } },
      ]) {
        const { headers } = await one.inject(request);
        expect(headers).not.toHaveProperty('access-control-allow-origin');
      }
    }
  });

  it('may send GraphQL requests if it is listed, and read what the response says about freshness', async () => {
    const one = app({ ATLAS_CORS_ORIGINS: 'https://app.example, https://other.example' });
    const asked = await one.inject(preflight('https://other.example'));
    expect([asked.statusCode, asked.body]).toEqual([204, '']);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': 'https://other.example',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': expect.stringContaining('x-consistency-token'),
    });
    expect(asked.headers).not.toHaveProperty('access-control-allow-credentials');
    const answer = await one.inject({ ...post, headers: { origin: 'https://other.example' } });
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://other.example',
      'access-control-expose-headers': expect.stringContaining('x-consistency-token'),
      vary: 'Origin',
    });
    const health = await one.inject({ url: '/health/live', headers: { origin: 'https://other.example' } });
    expect(health.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('must be listed as an origin', () => {
    for (const wrong of ['https://app.example/', 'app.example', '*', 'https://a.example;https://b.example']) {
      expect(() => app({ ATLAS_CORS_ORIGINS: wrong })).toThrow('must list origins such as https://app.example');
    }
  });
});

describe('a request for another host', () => {
  const environment = { ATLAS_ALLOWED_HOSTS: 'localhost,127.0.0.1,[::1]' };

  it.each([
    ['localhost:4000', 200],
    ['LOCALHOST', 200],
    ['[::1]:4000', 200],
    ['127.0.0.1', 200],
    ['evil.example:4000', 421],
    ['localhost.evil.example', 421],
  ])('is refused: %s', async (host, status) => {
    const { statusCode } = await app(environment).inject({ ...post, headers: { host } });
    expect(statusCode).toBe(status);
  });

  it('is served if no host is configured', async () => {
    expect((await app().inject({ ...post, headers: { host: 'any.example' } })).statusCode).toBe(200);
  });
});

describe('a port for operators', () => {
  it('serves health, metrics and the start page, and the other port nothing but GraphQL', async () => {
    const server = await started({ ATLAS_ADMIN_PORT: '0' });
    expect(new URL(server.adminUrl).port).not.toBe(new URL(server.url).port);
    for (const path of ['/health/live', '/health/ready', '/health/replication', '/metrics', '/']) {
      expect((await fetch(`${server.adminUrl}${path}`)).status, path).toBe(200);
      const { status } = await fetch(`${server.url}${path}`);
      expect(status, path).toBe(404);
    }
    const query = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{a}"}' };
    expect((await fetch(`${server.url}/graphql`, query)).status).toBe(200);
    expect((await fetch(`${server.adminUrl}/graphql`, query)).status).toBe(404);
  });

  it('is that of GraphQL if none is configured', async () => {
    const server = await started({});
    expect(server.adminUrl).toBe(server.url);
  });
});

describe('a connection', () => {
  const environment = {
    ATLAS_HEADERS_TIMEOUT_MS: '200',
    ATLAS_IDLE_TIMEOUT_MS: '300',
    ATLAS_REQUEST_TIMEOUT_MS: '500',
  };

  it('is closed if the headers of its request do not arrive in time', async () => {
    const { url } = await started(environment);
    expect(await untilClosed(url, 'POST /graphql HTTP/1.1\r\nhost: localhost\r\nx-slow: ')).toMatch(/^HTTP\/1.1 408 /);
  });

  it('is closed if the body of its request does not arrive in time', async () => {
    const { url } = await started(environment);
    const head =
      'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{';
    expect(await untilClosed(url, head)).toMatch(/^HTTP\/1.1 408 /);
  });

  it('is closed if it sends no request at all, or none after the last', async () => {
    const { url } = await started(environment);
    expect(await untilClosed(url, '')).toMatch(/^(HTTP\/1.1 408 .*)?/s);
    expect(await untilClosed(url, 'GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe('a large response', () => {
  const type = 'application/graphql-response+json; charset=utf-8';
  const large = {
    status: 200,
    headers: new Map([...ok.headers, ['content-type', type]]),
    body: JSON.stringify({ data: 'x'.repeat(20_000) }),
  };
  const answer = (headers: object, environment: Environment = {}, body = large) =>
    buildApp(appOptions(() => body, { environment })).inject({ ...post, headers: { ...headers } });

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('is compressed with %s for who accepts it', async (encoding, decompress) => {
    const { headers, rawPayload } = await answer({ 'accept-encoding': `${encoding}, identity;q=0.5` });
    expect(headers).toMatchObject({
      'content-encoding': encoding,
      vary: 'accept-encoding',
      'x-consistency-token': 'abc',
      'content-type': type,
    });
    expect(rawPayload.length).toBeLessThan(1_000);
    expect(String(decompress(rawPayload))).toBe(large.body);
  });

  it('is sent as it is to others, and if compression is off, and so are small ones', async () => {
    for (const response of [
      await answer({}),
      await answer({ 'accept-encoding': 'gzip' }, { ATLAS_COMPRESS_FROM_BYTES: '0' }),
      await answer({ 'accept-encoding': 'gzip' }, { ATLAS_COMPRESS_FROM_BYTES: '30000' }),
      await answer({ 'accept-encoding': 'gzip' }, {}, ok),
    ]) {
      expect(response.headers['content-encoding']).toBeUndefined();
    }
  });
});

describe('connections', () => {
  it('are closed if there are too many', async () => {
    const { url } = await started({ ATLAS_MAX_CONNECTIONS: '1' });
    const first = connect(Number(new URL(url).port), '127.0.0.1');
    await once(first, 'connect');
    first.write('GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await once(first, 'data');
    expect(await untilClosed(url, 'GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n')).toBe('');
    first.destroy();
  });
});
