import { Agent, request as send } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readPostmaster } from '../../src/embedded/postgres/postmaster.ts';
import { postgresQuery } from '../support/postgres-query.ts';
import { Deployment, health, healthy, phaseBecomes } from './support/deployment.ts';

const DRAIN_MS = 1_500;
const BODY = JSON.stringify({ query: '{ __typename }' });

interface Sent {
  /** Null if there was no response. */
  readonly status: number | null;
  readonly connection: string | undefined;
  /** On the test's clock. */
  readonly endedAt: number;
}

describe('a process that is told to stop', () => {
  let deployment: Deployment;
  let authorization: string;

  beforeAll(async () => {
    deployment = await Deployment.start(7);
    await deployment.run('migrate');
    authorization = await deployment.bearer({ tenant: 7 });
  });
  afterAll(() => deployment?.stop());

  function post(url: string, agent: Agent): Promise<Sent> {
    return new Promise((resolve) => {
      const end = (status: number | null, connection?: string) =>
        resolve({ status, connection, endedAt: performance.now() });
      const headers = { authorization, 'content-type': 'application/json' };
      const request = send(`${url}/graphql`, { method: 'POST', agent, headers }, (response) => {
        response.resume();
        response.on('end', () => end(response.statusCode ?? null, response.headers.connection));
        response.on('error', () => end(null));
      });
      request.on('error', () => end(null));
      request.end(BODY);
    });
  }

  it('answers everything until its listener closes, and is not ready meanwhile', async () => {
    const { atlas, url } = await deployment.start('serve', { ATLAS_DRAIN_MS: String(DRAIN_MS) });
    await healthy(url, 'ready');
    const kept = new Agent({ keepAlive: true });
    const fresh = new Agent({ keepAlive: false });
    const sent: Sent[] = [];
    let stopping = false;
    const client = async (agent: Agent) => {
      for (let refused = false; !refused; refused = stopping && sent.at(-1)?.status === null) {
        sent.push(await post(url, agent));
      }
    };
    const clients = [kept, kept, kept, fresh].map(client);
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(50), { timeout: 10_000 });
    const before = sent.length;
    const signalledAt = performance.now();
    stopping = true;
    atlas.signal('SIGTERM');
    await vi.waitFor(async () =>
      expect(await health(url, 'ready')).toEqual({ status: 503, body: { status: 'draining', missing: [] } }),
    );
    expect((await health(url, 'live')).status).toBe(200);
    await Promise.all(clients);
    expect(await atlas.exit()).toBe(0);
    for (const agent of [kept, fresh]) agent.destroy();

    const drained = sent.filter(({ endedAt }) => endedAt < signalledAt + DRAIN_MS);
    expect(drained.length).toBeGreaterThan(before);
    expect(drained.filter(({ status }) => status !== 200)).toEqual([]);
    expect(sent.slice(0, before).map(({ connection }) => connection)).toContain('keep-alive');
    expect(drained.at(-1)?.connection).toBe('close');
    const logged = atlas.output.split('\n').filter((line) => /"msg":"stop(ping|ped)"/.test(line));
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'stopping', reason: 'stopped by SIGTERM' },
      { msg: 'stopped', reason: 'stopped by SIGTERM', seconds: expect.any(Number) },
    ]);
  });

  it('ends at once on a second signal', async () => {
    const { atlas, url } = await deployment.start('serve', { ATLAS_DRAIN_MS: '60000' });
    let code: number | null = null;
    void atlas.exit().then((exited) => {
      code = exited;
    });
    const signalledAt = performance.now();
    atlas.signal('SIGTERM');
    // The same Ctrl-C often arrives twice.
    atlas.signal('SIGINT');
    await vi.waitFor(async () => expect((await health(url, 'ready')).status).toBe(503));
    await vi.waitFor(
      () => {
        atlas.signal('SIGINT');
        expect(code).toBe(1);
      },
      { timeout: 5_000 },
    );
    expect(performance.now() - signalledAt).toBeGreaterThan(500);
    expect(atlas.output).toContain('"reason":"stopped by a second SIGINT","msg":"ended at once"');
  });

  it.each(['serve', 'replicate'])(
    'is not held up by a server that hangs for longer than its grace: %s',
    async (command) => {
      const { atlas, url } = await deployment.start(command, { ATLAS_SHUTDOWN_GRACE_MS: '500' });
      await healthy(url, 'ready');
      if (command === 'replicate') await phaseBecomes(url, 's0', 'streaming');
      const { directory, endpoints } = deployment.stores.clusters.get('s0') ?? { directory: '', endpoints: null };
      const postmaster = readPostmaster(`${directory}/primary`);
      if (postmaster === null) expect.unreachable('the primary runs');
      const backends = await postgresQuery<{ pid: number }>(
        endpoints?.primary ?? '',
        'SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
      );
      const primary = [postmaster, ...backends];
      const signalAll = (signal: NodeJS.Signals) => {
        for (const { pid } of primary) process.kill(pid, signal);
      };
      signalAll('SIGSTOP');
      try {
        // By then a probe waits for an answer.
        await vi.waitFor(async () => expect(await health(url, 'ready?strict')).toMatchObject({ status: 503 }), {
          timeout: 10_000,
        });
        const signalledAt = performance.now();
        atlas.signal('SIGTERM');
        expect(await atlas.exit()).toBe(0);
        expect(performance.now() - signalledAt).toBeLessThan(3_500);
        expect(atlas.output).toMatch(/"cutOff":\[".*"\],"msg":"stopped; not everything ended in time"/);
      } finally {
        signalAll('SIGCONT');
      }
    },
  );
});
