import { afterAll, describe, expect, it } from 'vitest';
import type { GraphQLHttpRequest } from '../../src/graphql/graphql-handler.ts';
import { BoundedNames } from '../../src/observability/bounded-names.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import { buildApp } from '../../src/server/build-app.ts';
import { RequestRecorder } from '../../src/server/request-recorder.ts';
import { protocolHandler } from '../graphql/support/protocol-handler.ts';
import { recorder } from '../replication/support/log-recorder.ts';
import { entity } from '../support/domain.ts';
import { appOptions } from '../support/http-app.ts';
import { readFreshness } from '../support/requirement.ts';

const log = recorder();
const handler = protocolHandler({
  environment: { ATLAS_DEFAULT_ROLES: 'read,write' },
  logger: log.logger,
  reads: {
    entitiesById: async ({ ids }: { ids: readonly string[] }, requested) => {
      if (ids.includes('13')) throw new Error('a defect');
      return { data: ids.map((id) => entity({ id })), reads: [readFreshness({ requested })] };
    },
  },
});
afterAll(() => handler.stop());

/** An app in front of GraphQL, and the requests that it has passed on. */
function served(environment: Parameters<typeof appOptions>[1] = {}) {
  const metrics = new Metrics();
  const requests: GraphQLHttpRequest[] = [];
  const app = buildApp(
    appOptions(
      (request) => {
        requests.push(request);
        return handler.handle(request);
      },
      { metrics, ...environment },
    ),
  );
  const send = (payload: object | string, headers = {}) =>
    app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json', ...headers },
      payload,
    });
  return { app, metrics, requests, send };
}

const point = 'query Point($id: ID!) { entity(id: $id) { type } }';
const samples = async (metrics: Metrics, name: string) =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(`${name}{`));

describe('the metrics of GraphQL', () => {
  it('count errors by code, once for each error of a response, whoever refused the request', async () => {
    const { metrics, send } = served({ environment: { ATLAS_MAX_REQUEST_BYTES: '2000' } });
    await send({ query: point, variables: { id: '224' } });
    await send('{"query":');
    await send({ query: 'x'.repeat(3_000) });
    await send({ variables: {} });
    await send({ query: '{ nothing }' });
    await send({ query: '{ a: entity(id: "zero") { type } b: entity(id: "224") { type } }' });
    await send({ query: '{ entity(id: "13") { type } }' });
    expect((await samples(metrics, 'atlas_graphql_errors_total')).sort()).toEqual([
      'atlas_graphql_errors_total{code="BAD_USER_INPUT"} 4',
      'atlas_graphql_errors_total{code="INTERNAL"} 1',
      'atlas_graphql_errors_total{code="LIMIT_EXCEEDED"} 1',
    ]);
  });

  it('count a request that ran out of time once, as a timeout', async () => {
    const metrics = new Metrics();
    const app = buildApp(
      appOptions(() => new Promise<never>(() => {}), { metrics, environment: { ATLAS_REQUEST_TIMEOUT_MS: '20' } }),
    );
    await app.inject({ method: 'POST', url: '/graphql', headers: { 'content-type': 'application/json' }, payload: {} });
    expect(await samples(metrics, 'atlas_graphql_errors_total')).toEqual([
      'atlas_graphql_errors_total{code="TIMEOUT"} 1',
    ]);
  });

  it('do not count the errors of an answer that its client no longer takes', async () => {
    const { requests, send } = served();
    await send({ query: point, variables: { id: '13' } });
    const [request] = requests as [GraphQLHttpRequest];
    const metrics = new Metrics();
    const own = new RequestRecorder({ metrics, logger: log.logger, slowMs: 0, names: new BoundedNames(1) });
    own.record(request.report, 499, 1);
    expect(await samples(metrics, 'atlas_graphql_errors_total')).toEqual([]);
    own.record(request.report, 200, 1);
    expect(await samples(metrics, 'atlas_graphql_errors_total')).toEqual([
      'atlas_graphql_errors_total{code="INTERNAL"} 1',
    ]);
  });

  it('time operations by type, name and outcome, with a bounded number of names, and add up what they cost', async () => {
    const { metrics, send } = served({ environment: { ATLAS_METRICS_OPERATIONS: '1' } });
    await send({ query: point, variables: { id: '224' } });
    await send({ query: point, variables: { id: '13' } });
    await send({ query: 'query Second { __typename }' });
    await send({ query: '{ __typename }' });
    await send({ query: '{ nothing }' });
    const count = 'atlas_graphql_operation_duration_seconds_count';
    expect(await samples(metrics, count)).toEqual([
      `${count}{type="query",name="Point",outcome="ok"} 1`,
      `${count}{type="query",name="Point",outcome="error"} 1`,
      `${count}{type="query",name="other",outcome="ok"} 1`,
      `${count}{type="query",name="anonymous",outcome="ok"} 1`,
    ]);
    expect(await metrics.text()).toMatch(/^atlas_graphql_operation_cost_sum [1-9]/m);
    expect(await metrics.text()).toContain('atlas_graphql_operation_cost_count 4');
  });
});

describe('the log of slow requests', () => {
  const recorded = (request: GraphQLHttpRequest, ms: number, slowMs: number) => {
    const { logger, lines } = recorder();
    const metrics = new Metrics();
    new RequestRecorder({ metrics, logger, slowMs, names: new BoundedNames(10) }).record(request.report, 200, ms);
    return { lines, metrics };
  };

  it('has the route of every read, and no variable', async () => {
    const { requests, send } = served();
    await send({ query: point, variables: { id: '7224072240722407224' } }, { 'x-request-id': 'from-the-gateway' });
    const [request] = requests as [GraphQLHttpRequest];
    const { lines, metrics } = recorded(request, 1_234.56, 1_000);
    expect(lines).toEqual([
      expect.objectContaining({
        ...{ msg: 'a slow request', requestId: 'from-the-gateway', operation: 'Point', type: 'query', tenant: 1 },
        ...{ status: 200, ms: 1_234.6, cost: expect.any(Number) },
        reads: [
          {
            ...{ question: 'entitiesById', class: 'INTERACTIVE', maxLagMs: 1_000, shard: 's0', source: 'REPLICA' },
            ...{ lagMs: 245, reason: 'WITHIN_BOUND', stale: false, ms: 1, entities: 1 },
          },
        ],
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('7224072240722407224');
    expect(await metrics.text()).toContain('atlas_graphql_slow_requests_total 1');
  });

  it('has the reads that failed or are still under way, and the codes of errors', async () => {
    const { requests, send } = served();
    await send({ query: point, variables: { id: '13' } });
    const [request] = requests as [GraphQLHttpRequest];
    const asked = request.report.progress?.reads.asked ?? [];
    asked.push({ ...(asked[0] as (typeof asked)[number]), question: 'count', outcome: null });
    expect(recorded(request, 1_000, 1_000).lines).toMatchObject([
      {
        errors: ['INTERNAL'],
        reads: [
          { question: 'entitiesById', class: 'INTERACTIVE', ms: expect.any(Number), error: 'INTERNAL' },
          { question: 'count', ms: expect.any(Number), unfinished: true },
        ],
      },
    ]);
  });

  it('has no request below the threshold, and none at all without one', async () => {
    const { requests, send } = served();
    await send({ query: point, variables: { id: '224' } });
    const [request] = requests as [GraphQLHttpRequest];
    expect(recorded(request, 999, 1_000).lines).toEqual([]);
    expect(recorded(request, 999_999, 0).lines).toEqual([]);
  });
});

describe('the id of a request', () => {
  it('is the one that it came with, in its response and beside an internal error in the log', async () => {
    const { send } = served();
    const { headers } = await send({ query: point, variables: { id: '13' } }, { 'x-request-id': 'abc/1:2' });
    expect(headers['x-request-id']).toBe('abc/1:2');
    expect(log.lines).toContainEqual(expect.objectContaining({ msg: 'a request failed', requestId: 'abc/1:2' }));
  });

  it.each(['', 'two words', 'x'.repeat(129), 'line\u0001'])('is a new one instead of %j', async (given) => {
    const { app } = served();
    const { headers } = await app.inject({ url: '/health/live', headers: { 'x-request-id': given } });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});
