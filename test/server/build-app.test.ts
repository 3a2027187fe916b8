import { describe, expect, it } from 'vitest';
import { LagHistory } from '../../src/freshness/lag-history.ts';
import type { GraphQLHttpRequest } from '../../src/graphql/graphql-handler.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { buildApp } from '../../src/server/build-app.ts';
import { appOptions } from '../support/http-app.ts';
import { replicationState, sourceState, UNKNOWN } from '../support/replication-state.ts';

const ok = { status: 200, headers: new Map([['content-type', 'application/json']]), body: '{"data":{}}' };
const json = { 'content-type': 'application/json' };
const healthy = () => buildApp(appOptions(() => ok));

describe('/graphql', () => {
  it('passes the request to GraphQL and returns its response unchanged', async () => {
    const seen: GraphQLHttpRequest[] = [];
    const app = buildApp(
      appOptions((request) => {
        seen.push(request);
        return {
          status: 418,
          headers: new Map([
            ['content-type', 'application/graphql-response+json'],
            ['x-data-source', 'replica'],
          ]),
          body: '{"a":1}',
        };
      }),
    );
    const response = await app.inject({
      method: 'POST',
      url: '/graphql?x=1',
      headers: { ...json, 'X-Tenant-Id': '7' },
      body: '{"query":"{ a }"}',
    });
    expect(response.statusCode).toBe(418);
    expect(response.headers).toMatchObject({
      'x-data-source': 'replica',
      'content-type': 'application/graphql-response+json; charset=utf-8',
    });
    expect(response.body).toBe('{"a":1}');
    expect(seen[0]).toMatchObject({ method: 'POST', body: { query: '{ a }' }, search: '?x=1' });
    expect(seen[0]?.headers.get('x-tenant-id')).toBe('7');
  });

  it('passes on members of any name, which JSON attributes may have', async () => {
    const bodies: unknown[] = [];
    const app = buildApp(
      appOptions(({ body }) => {
        bodies.push(body);
        return ok;
      }),
    );
    const body = '{"variables":{"__proto__":{"a":1},"constructor":{"prototype":{"b":2}}}}';
    expect((await app.inject({ method: 'POST', url: '/graphql', headers: json, body })).statusCode).toBe(200);
    expect(JSON.stringify(bodies)).toBe(`[${body}]`);
    expect({}).not.toHaveProperty('a');
  });

  it('forbids caching, because a cached answer would repeat the freshness of the first', async () => {
    const app = buildApp(appOptions(() => ok));
    const response = await app.inject({ method: 'GET', url: '/graphql?query=%7Ba%7D' });
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('takes queries by GET', async () => {
    const seen: GraphQLHttpRequest[] = [];
    const app = buildApp(
      appOptions((request) => {
        seen.push(request);
        return ok;
      }),
    );
    const response = await app.inject({ method: 'GET', url: '/graphql?query=%7Ba%7D' });
    expect(response.statusCode).toBe(200);
    expect(seen[0]).toMatchObject({ method: 'GET', body: undefined, search: '?query=%7Ba%7D' });
  });

  it.each([
    ['text that is not JSON', '{"query":', json, 400, 'BAD_USER_INPUT'],
    ['an empty body', '', json, 400, 'BAD_USER_INPUT'],
    ['another content type', 'query=a', { 'content-type': 'text/plain' }, 415, 'BAD_USER_INPUT'],
    ['a body over the limit', JSON.stringify({ query: 'x'.repeat(2000) }), json, 413, 'LIMIT_EXCEEDED'],
  ])('refuses %s with a GraphQL error', async (_what, body, headers, status, code) => {
    const app = buildApp(appOptions(() => ok, { environment: { ATLAS_MAX_REQUEST_BYTES: '1000' } }));
    const response = await app.inject({ method: 'POST', url: '/graphql', headers, body });
    expect(response.statusCode).toBe(status);
    expect(response.json()).toEqual({
      errors: [{ message: expect.any(String), extensions: expect.objectContaining({ code }) }],
    });
  });

  it('refuses other methods and names those that work', async () => {
    const response = await healthy().inject({ method: 'DELETE', url: '/graphql' });
    expect(response.statusCode).toBe(405);
    expect(response.headers.allow).toBe('GET, POST');
  });

  it('ends a request that takes too long', async () => {
    const never = new Promise<never>(() => {});
    const app = buildApp(appOptions(() => never, { environment: { ATLAS_REQUEST_TIMEOUT_MS: '20' } }));
    const response = await app.inject({ method: 'POST', url: '/graphql', headers: json, body: '{}' });
    expect(response.statusCode).toBe(504);
    expect(response.json()).toMatchObject({ errors: [{ extensions: { code: 'TIMEOUT' } }] });
  });

  it('masks an unexpected failure', async () => {
    const app = buildApp(
      appOptions(() => {
        throw new Error('password=secret');
      }),
    );
    const response = await app.inject({ method: 'POST', url: '/graphql', headers: json, body: '{}' });
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain('secret');
  });
});

describe('/health', () => {
  it('lives', async () => {
    expect((await healthy().inject('/health/live')).statusCode).toBe(200);
  });

  it('is ready when every primary answers', async () => {
    const response = await healthy().inject('/health/ready');
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: 'ready', missing: [] });
  });

  it('is not ready before, and says what is missing', async () => {
    const app = buildApp(
      appOptions(() => ok, {
        replication: replicationState({ s0: {}, s1: { primary: UNKNOWN } }),
      }),
    );
    const response = await app.inject('/health/ready');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({
      status: 'not ready',
      missing: ['the primary of shard s1 does not answer'],
    });
  });

  it('answers 200 while replication is healthy and 503 otherwise', async () => {
    expect((await healthy().inject('/health/replication')).statusCode).toBe(200);
    const lagging = appOptions(() => ok, {
      replication: replicationState({ s0: {}, s1: { clickhouse: sourceState('DEGRADED', 700_000) } }),
    });
    const response = await buildApp(lagging).inject('/health/replication');
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({
      overall_status: 'degraded',
      components: { clickhouse: { lag_ms: 700_000 } },
    });
  });
});

describe('/health/lag', () => {
  it('has the lag of every source in the last five minutes, null where it is unknown', async () => {
    const replication = replicationState({ s0: { replicas: [sourceState('HEALTHY', 40.2)], clickhouse: UNKNOWN } });
    const lagHistory = new LagHistory(replication, ['s0'], systemClock);
    lagHistory.sample();
    const response = await buildApp(appOptions(() => ok, { lagHistory })).inject('/health/lag');
    expect(response.headers['cache-control']).toBe('no-store');
    const { period_ms, series } = response.json();
    const newest = series.map(({ lag_ms, ...about }: { lag_ms: (number | null)[] }) => [about, lag_ms.at(-1)]);
    expect(period_ms).toBe(1_000);
    expect(newest).toEqual([
      [{ shard: 's0', source: 'primary', replica: null }, 0],
      [{ shard: 's0', source: 'replica', replica: 0 }, 41],
      [{ shard: 's0', source: 'clickhouse', replica: null }, null],
    ]);
  });

  it('is not served by a process without GraphQL', async () => {
    const app = buildApp(appOptions(() => ok, { graphql: null, lagHistory: null }));
    expect((await app.inject('/health/lag')).statusCode).toBe(404);
  });
});

describe('/metrics', () => {
  it('counts requests and shows the lag of every source, NaN if it is unknown', async () => {
    const app = buildApp(
      appOptions(() => ok, { replication: replicationState({ s0: {}, s1: { clickhouse: UNKNOWN } }) }),
    );
    await app.inject('/health/live');
    const response = await app.inject('/metrics');
    expect(response.headers['content-type']).toContain('text/plain');
    expect(response.body).toContain('atlas_source_lag_seconds{shard="s0",source="REPLICA",replica="0"} 0.041');
    expect(response.body).toContain('atlas_source_lag_seconds{shard="s1",source="CLICKHOUSE",replica=""} Nan');
    expect(response.body).toContain('atlas_source_health{shard="s1",source="CLICKHOUSE",replica=""} 0');
    expect(response.body).toContain(
      'atlas_http_request_duration_seconds_count{route="/health/live",method="GET",status="200"} 1',
    );
    expect(response.body).toContain('process_cpu_seconds_total');
  });

  it('shows what the slots retain, +Inf if there is no limit, NaN if nothing is known', async () => {
    const slot = {
      name: 'atlas_cdc',
      health: 'HEALTHY',
      walStatus: 'reserved',
      retainedBytes: 16,
      safeBytes: 32,
      spilledBytes: 64,
    } as const;
    const replication = replicationState({
      s0: { slots: [slot, { ...slot, name: 'atlas_catalog_s1', safeBytes: Number.POSITIVE_INFINITY }] },
      s1: {
        slots: [{ ...slot, health: 'DOWN', walStatus: null, retainedBytes: null, safeBytes: null, spilledBytes: null }],
      },
    });
    const { body } = await buildApp(appOptions(() => ok, { replication })).inject('/metrics');
    for (const line of [
      'atlas_slot_wal_status{shard="s0",slot="atlas_cdc"} 3',
      'atlas_slot_retained_wal_bytes{shard="s0",slot="atlas_cdc"} 16',
      'atlas_slot_safe_wal_bytes{shard="s0",slot="atlas_cdc"} 32',
      'atlas_slot_safe_wal_bytes{shard="s0",slot="atlas_catalog_s1"} +Inf',
      'atlas_slot_wal_status{shard="s1",slot="atlas_cdc"} Nan',
      'atlas_slot_spilled_bytes_total{shard="s0",slot="atlas_cdc"} 64',
    ])
      expect(body).toContain(line);
    expect(body).not.toContain('atlas_slot_spilled_bytes_total{shard="s1"');
  });

  it('gives unknown paths one label', async () => {
    const app = healthy();
    expect((await app.inject('/nowhere/42')).json()).toEqual({ error: expect.stringContaining('/nowhere/42') });
    expect((await app.inject('/metrics')).body).toContain('route="none"');
  });
});
