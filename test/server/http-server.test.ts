import { Agent, request as send } from 'node:http';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SettingName } from '../../src/config/settings.ts';
import type { GraphQLHttpRequest } from '../../src/graphql/graphql-handler.ts';
import { HttpServer } from '../../src/server/http-server.ts';
import { appOptions } from '../support/http-app.ts';

const ok = { status: 200, headers: new Map([['content-type', 'application/json']]), body: '{"data":{"a":1}}' };
const agent = new Agent({ keepAlive: true });

afterEach(() => {
  agent.destroy();
});

/** A GraphQL handler whose requests wait until they are released. */
function gate() {
  let release = () => {};
  const opened = new Promise<void>((resolve) => {
    release = resolve;
  });
  const waiting = vi.fn();
  const answer = async () => {
    waiting();
    await opened;
    return ok;
  };
  return { answer, waiting, release: () => release() };
}

function get(url: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = send(url, { agent }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
  });
}

describe('the HTTP server', () => {
  it('listens on a free port for port 0 and reports which', async () => {
    const server = new HttpServer(appOptions(() => ok));
    await server.start();
    expect(server.url).toMatch(/^http:\/\/localhost:[1-9]\d+$/);
    expect((await get(`${server.url}/health/live`)).status).toBe(200);
    await server.stop();
  });

  it('fails to start with EADDRINUSE if the port is in use', async () => {
    const first = new HttpServer(appOptions(() => ok));
    await first.start();
    const port = new URL(first.url).port;
    const second = new HttpServer(appOptions(() => ok, { environment: { ATLAS_PORT: port } }));
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.stop();
  });

  it('lets running requests finish while it stops, then closes the connections that were kept alive', async () => {
    const { answer, waiting, release } = gate();
    const server = new HttpServer(appOptions(answer));
    await server.start();
    const { url } = server;
    const idle = await get(`${url}/health/live`);
    const running = [get(`${url}/graphql?query=a`), get(`${url}/graphql?query=b`), get(`${url}/graphql?query=c`)];
    await vi.waitFor(() => expect(waiting).toHaveBeenCalledTimes(3));
    const stopped = server.stop();
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
    release();
    const stopping = performance.now();
    expect(await Promise.all(running)).toEqual([idle, idle, idle].map(() => ({ status: 200, body: ok.body })));
    await stopped;
    expect(performance.now() - stopping).toBeLessThan(1000);
  });

  it('ends and answers what still runs after the grace period', async () => {
    let signal: AbortSignal | null = null;
    const never = new Promise<never>(() => {});
    const server = new HttpServer(
      appOptions(
        (request) => {
          signal = request.signal;
          return never;
        },
        { environment: { ATLAS_SHUTDOWN_GRACE_MS: '50' } },
      ),
    );
    await server.start();
    const running = get(`${server.url}/graphql?query=a`);
    await vi.waitFor(() => expect(signal).not.toBeNull());
    const stopping = performance.now();
    await server.stop();
    expect(performance.now() - stopping).toBeLessThan(1_000);
    const { status, body } = await running;
    expect([status, JSON.parse(body)]).toEqual([
      503,
      {
        errors: [
          {
            message: 'The server stopped before the request was done; retry.',
            extensions: { code: 'TIMEOUT', hint: expect.stringContaining('retry') },
          },
        ],
      },
    ]);
    expect(signal).toMatchObject({ aborted: true });
  });
});

describe.each(['GET', 'POST'])('a %s over a socket', (method) => {
  const url = (server: HttpServer) => `${server.url}/graphql${method === 'GET' ? '?query=a' : ''}`;
  const init = { method, ...(method === 'POST' && { headers: { 'content-type': 'application/json' }, body: '{}' }) };

  /** A server whose requests never end by themselves. */
  async function start(environment: Partial<Record<SettingName, string>> = {}) {
    const signals: AbortSignal[] = [];
    const answer = (request: GraphQLHttpRequest) => {
      signals.push(request.signal);
      return new Promise<never>(() => {});
    };
    const server = new HttpServer(
      appOptions(answer, { environment: { ATLAS_SHUTDOWN_GRACE_MS: '50', ...environment } }),
    );
    await server.start();
    onTestFinished(() => server.stop());
    return { server, signals };
  }

  it('is answered with 504 when its time is up, and aborted', async () => {
    const { server, signals } = await start({ ATLAS_REQUEST_TIMEOUT_MS: '100' });
    const response = await fetch(url(server), init);
    const body = await response.json();
    expect([response.status, body]).toEqual([
      504,
      {
        errors: [
          {
            message: 'The request took longer than 100 ms; request less data.',
            extensions: { code: 'TIMEOUT', hint: expect.stringContaining('retry') },
          },
        ],
      },
    ]);
    expect(signals).toMatchObject([{ aborted: true, reason: { name: 'AtlasError', code: 'TIMEOUT' } }]);
  });

  it('is aborted when its client goes away', async () => {
    const { server, signals } = await start();
    const client = new AbortController();
    const request = fetch(url(server), { ...init, signal: client.signal });
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    expect(signals[0]?.aborted).toBe(false);
    client.abort();
    await expect(request).rejects.toThrow();
    await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true));
  });
});
