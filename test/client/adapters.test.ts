import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConsistencyTokens } from '../../packages/client/src/core/consistency-tokens.ts';
import { ADAPTERS } from './support/adapters.ts';
import { type Scripted, type ScriptedServer, startScriptedServer } from './support/scripted-server.ts';

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server?.stop());

const QUERY = 'query Q { q }';
const MUTATION = 'mutation M { m }';
const READ = {
  ...{ shard: 's0', source: 'REPLICA', requested: { class: 'INTERACTIVE', maxLagMs: 1_000, fallback: 'PRIMARY' } },
  ...{ lagMs: 40, reason: 'WITHIN_BOUND', fellBack: false, stale: false },
  ...{ dataTimestamp: '2026-01-01T00:00:00.000Z', sourceTimestamp: '2026-01-01T00:00:00.000Z', entities: 1 },
};
const answer = (token: string, data: object = { q: 1 }, reads: object[] = [READ]): Scripted => ({
  body: { data, extensions: { freshness: { servedClass: 'REALTIME', maxLagMs: 40, health: 'HEALTHY', reads, token } } },
});
const fault = (extensions: object, data?: object): Scripted => ({
  body: { ...(data && { data }), errors: [{ message: 'refused', extensions }] },
});
const retryable = (retryAfterMs: number, data?: object) => fault({ code: 'FRESHNESS_UNAVAILABLE', retryAfterMs }, data);
const carried = () => server.received.map(({ headers }) => headers['x-consistency-token']?.toString());

describe.each(['apollo', 'urql', 'fetch'] as const)('the adapter %s', (name) => {
  const adapter = ADAPTERS[name];

  it('carries the token of each answer to the next request', async () => {
    server.script(answer('a', { m: 1 }), answer('b'), answer('c'));
    const client = adapter(server.url);
    expect(await client.send(MUTATION)).toMatchObject({ data: { m: 1 }, errors: [] });
    await client.send(QUERY);
    await client.send(QUERY);
    expect(carried()).toEqual([undefined, 'a', 'b']);
  });

  it('takes the token from the headers where a gateway drops the extensions', async () => {
    const headers = {
      'x-data-source': 'clickhouse, replica',
      'x-data-freshness': 'operational',
      'x-actual-lag-ms': '7',
    };
    server.script({ headers: { ...headers, 'x-consistency-token': 'a' }, body: { data: { q: 1 } } });
    const client = adapter(server.url);
    const { served } = await client.send(QUERY);
    await client.send(QUERY);
    expect(carried()).toEqual([undefined, 'a']);
    expect(served).toMatchObject({
      source: 'CLICKHOUSE',
      servedClass: 'OPERATIONAL',
      lagMs: 7,
      stale: null,
      reads: [],
    });
  });

  it('loses no position if answers arrive in another order', async () => {
    let release = (_: Scripted): void => {};
    const first = new Promise<Scripted>((resolve) => {
      release = resolve;
    });
    server.script(() => first, answer('b', { m: 1 }), answer('c'));
    const client = adapter(server.url);
    const slow = client.send(QUERY);
    await vi.waitFor(() => expect(server.received).toHaveLength(1));
    await client.send(MUTATION);
    release(answer('a'));
    await slow;
    await client.send(QUERY);
    await client.send(QUERY);
    expect(carried()).toEqual([undefined, undefined, 'a,b', 'c']);
  });

  it('asks for freshness by operation, and reports what was served', async () => {
    const late = { ...READ, shard: 's1', lagMs: 2_000, stale: true, reason: 'LAG_EXCEEDED' };
    server.script(answer('a', { q: 1 }, [READ, late]));
    const all = vi.fn();
    const client = adapter(server.url, { freshness: { class: 'OPERATIONAL', fallback: 'REPLICA' }, onServed: all });
    const { served } = await client.send(QUERY, {}, { freshness: { class: 'INTERACTIVE', maxLagMs: 500 } });
    expect(server.received[0]?.headers).toMatchObject({
      'x-freshness-requirement': 'interactive',
      'x-max-acceptable-lag-ms': '500',
      'x-fallback-strategy': 'replica',
    });
    expect(served).toMatchObject({ source: 'REPLICA', lagMs: 2_000, stale: true, reason: 'LAG_EXCEEDED' });
    expect(served?.reads).toHaveLength(2);
    expect(all).toHaveBeenCalledWith(served);
  });

  it('sends a query again after retryAfterMs, and hands on the second answer only', async () => {
    server.script(retryable(20, { q: null }), answer('a'));
    const startedAt = performance.now();
    expect(await adapter(server.url).send(QUERY)).toMatchObject({ data: { q: 1 }, errors: [] });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(19);
    expect(server.received).toHaveLength(2);
  });

  it('hands on the error if the attempts are used up, the wait is too long, or an error does not say when', async () => {
    const client = adapter(server.url, { retry: { attempts: 2, maxWaitMs: 1_000 } });
    for (const [script, requests] of [
      [retryable(1, { q: null }), 3],
      [retryable(1_001, { q: null }), 1],
      [fault({ code: 'SHARD_UNAVAILABLE' }, { q: null }), 1],
    ] as const) {
      server.script(script);
      expect(await client.send(QUERY)).toMatchObject({ errors: ['refused'] });
      expect(server.received).toHaveLength(requests);
    }
  });

  it('sends a mutation again only if it was refused before any of it ran', async () => {
    const client = adapter(server.url);
    server.script(retryable(1, { m: null }));
    expect(await client.send(MUTATION)).toMatchObject({ errors: ['refused'] });
    expect(server.received).toHaveLength(1);
    server.script({ ...fault({ code: 'LIMIT_EXCEEDED', retryAfterMs: 1 }), status: 429 }, answer('a', { m: 1 }));
    expect(await client.send(MUTATION)).toMatchObject({ data: { m: 1 }, errors: [] });
    expect(server.received).toHaveLength(2);
  });

  it('forgets tokens that are refused once the server answers without them', async () => {
    const refused = vi.fn();
    const tokens = new ConsistencyTokens();
    const client = adapter(server.url, { tokens, onTokensRefused: refused });
    for (const refusal of [
      { ...fault({ code: 'BAD_FRESHNESS' }), status: 400 },
      fault(
        { code: 'FRESHNESS_UNAVAILABLE', source: 'PRIMARY', reason: 'TOKEN_NOT_REACHED', retryAfterMs: 9_000 },
        { q: null },
      ),
    ]) {
      tokens.add('lost');
      server.script(refusal, answer('new'));
      expect(await client.send(QUERY)).toMatchObject({ data: { q: 1 }, errors: [] });
      expect(carried().map((header) => header?.includes('lost') ?? false)).toEqual([true, false]);
      expect(tokens.carry().header).toBe('new');
    }
    expect(refused).toHaveBeenCalledTimes(2);
  });

  it('keeps the tokens if the same request is refused without them as well', async () => {
    const tokens = new ConsistencyTokens();
    tokens.add('kept');
    server.script(fault({ code: 'BAD_FRESHNESS' }, { q: null }));
    expect(await adapter(server.url, { tokens }).send(QUERY)).toMatchObject({ errors: ['refused'] });
    expect(server.received).toHaveLength(2);
    expect(tokens.carry().header).toBe('kept');
  });

  it('sends a query again until it has carried all tokens, where they do not fit into one header', async () => {
    const tokens = new ConsistencyTokens();
    const many = Array.from({ length: 10 }, (_, index) => String(index).repeat(1_000));
    for (const token of many) tokens.add(token);
    server.script(answer('a'), answer('b'), answer('c'), answer('d'));
    await adapter(server.url, { tokens }).send(QUERY);
    expect(carried().map((header) => header?.split(',').length)).toEqual([3, 4, 4, 2]);
    expect(new Set(carried().flatMap((header) => header?.split(',')))).toEqual(new Set([...many, 'a', 'b', 'c']));
    expect(tokens.carry().header).toBe('d');
  });

  it.each([
    ['GraphQL of another kind', { body: { data: { q: 1 }, extensions: { freshness: 'daily', tracing: {} } } }],
    ['a list as extensions', { body: { data: { q: 1 }, extensions: [{ token: 1 }] } }],
    ['an error without extensions', { body: { data: { q: 1 }, errors: [{ message: 'no' }] } }],
    ['a page of a proxy', { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' }],
    ['nothing', { status: 204, body: '' }],
    ['JSON that is not GraphQL', { body: { status: 'ok' } }],
    ['errors that are no list', { status: 400, body: { errors: 'no' } }],
    ['an error whose extensions are null', { body: { data: { q: 1 }, errors: [{ message: 'no', extensions: null }] } }],
  ] as const)(
    'hands on what a server that is not Atlas answers, and sends it nothing of Atlas: %s',
    async (_, script) => {
      server.script(script as Scripted);
      const client = adapter(server.url);
      const { data, errors, served } = await client.send(QUERY);
      expect(errors.length > 0 || (data as { q: number } | null)?.q === 1).toBe(true);
      expect(served).toBeNull();
      await client.send(QUERY);
      expect(server.received).toHaveLength(2);
      expect(
        server.received.flatMap(({ headers }) => Object.keys(headers).filter((one) => one.startsWith('x-'))),
      ).toEqual([]);
    },
  );

  it('reports a server that does not answer at all', async () => {
    const gone = await startScriptedServer();
    await gone.stop();
    const { errors } = await adapter(gone.url).send(QUERY);
    expect(errors).toHaveLength(1);
  });
});
