import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AtlasError } from '../../src/domain/errors.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startTracing } from '../../src/observability/start-tracing.ts';
import type { Tracing } from '../../src/observability/tracing.ts';
import { buildApp } from '../../src/server/build-app.ts';
import { protocolHandler } from '../graphql/support/protocol-handler.ts';
import { recorder } from '../replication/support/log-recorder.ts';
import { entity } from '../support/domain.ts';
import { appOptions } from '../support/http-app.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { readFreshness } from '../support/requirement.ts';

const SRC = resolve(import.meta.dirname, '../../src');
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

const receiver = new OtlpReceiver();
let url: string;
beforeAll(async () => {
  url = await receiver.start();
  // Loads the libraries.
  await (await tracingTo(url)).stop();
}, 30_000);
afterEach(() => {
  receiver.spans.length = 0;
});
afterAll(() => receiver.stop());

const tracingTo = (collector: string, samplePercent = 100, logger = createLogger('silent')): Promise<Tracing> =>
  startTracing({ url: collector, samplePercent, service: 'atlas-test', logger });

/** Runs the work and sends its spans. */
async function traced<T>(work: (tracing: Tracing) => Promise<T>, samplePercent?: number): Promise<T> {
  const tracing = await tracingTo(url, samplePercent);
  try {
    return await work(tracing);
  } finally {
    await tracing.stop();
  }
}

describe('tracing', () => {
  it('is loaded by nothing that is loaded without it', () => {
    const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const importers = (pattern: RegExp) =>
      files.filter((name) => pattern.test(readFileSync(join(SRC, name), 'utf8'))).map((name) => name.split('/').at(-1));
    expect(importers(/'@opentelemetry\//)).toEqual(['open-telemetry.ts']);
    expect(importers(/(from|import) '.*open-telemetry\.ts'/)).toEqual([]);
    expect(importers(/import\('\.\/open-telemetry\.ts'\)/)).toEqual(['start-tracing.ts']);
  });

  it('sends each span with its part in the trace, what it is about, and of which process', async () => {
    const result = await traced((tracing) =>
      tracing.span('outer', { kind: 'server' }, async (outer) => {
        const inner = () =>
          tracing.span('inner', { kind: 'client', attributes: { text: 'a', none: undefined } }, async (span) => {
            span.set({ whole: 3, fraction: 0.5, flag: true, list: ['x', 'y'] });
            span.event('noticed', { count: 2 });
            return 'done';
          });
        outer.rename('renamed');
        return Promise.all([inner(), inner()]);
      }),
    );
    expect(result).toEqual(['done', 'done']);
    const [outer] = receiver.named('renamed');
    expect(outer).toMatchObject({ kind: 'server', parent: '', failed: false });
    expect(outer?.resource).toMatchObject({ 'service.name': 'atlas-test', 'service.version': expect.any(String) });
    expect(receiver.below(outer)).toHaveLength(2);
    for (const inner of receiver.below(outer)) {
      expect(inner).toMatchObject({ trace: outer?.trace, name: 'inner', kind: 'client' });
      expect(inner.attributes).toEqual({ text: 'a', whole: 3, fraction: 0.5, flag: true, list: ['x', 'y'] });
      expect(inner.events).toEqual([{ name: 'noticed', attributes: { count: 2 } }]);
    }
  });

  it('continues the trace of a request, passes it on, and names it in the log', async () => {
    const { logger, lines } = recorder();
    await traced(async (tracing) => {
      expect([tracing.headers(), tracing.ids()]).toEqual([undefined, undefined]);
      const from = { traceparent: `00-${TRACE}-${PARENT}-01` };
      await tracing.span('request', { kind: 'server', from }, async () => {
        logger.info(tracing.ids(), 'inside');
        expect(tracing.headers()).toEqual({ traceparent: expect.stringMatching(`^00-${TRACE}-[0-9a-f]{16}-01$`) });
      });
    });
    const [span] = receiver.spans;
    expect(span).toMatchObject({ trace: TRACE, parent: PARENT });
    expect(lines).toEqual([expect.objectContaining({ msg: 'inside', trace_id: TRACE, span_id: span?.id })]);
  });

  it('records the share of traces that is set, and every trace that arrives recorded', async () => {
    await traced(async (tracing) => {
      expect(tracing.isRecording()).toBe(false);
      for (const flags of ['00', '01']) {
        const from = { traceparent: `00-${TRACE}-${PARENT}-${flags}` };
        await tracing.span(`flags ${flags}`, { kind: 'server', from }, async () => {
          expect(tracing.isRecording()).toBe(flags === '01');
        });
      }
      await tracing.span('begins here', { kind: 'server' }, async () => {
        expect(tracing.headers()?.traceparent).toMatch(/-00$/);
      });
    }, 0);
    expect(receiver.spans.map(({ name }) => name)).toEqual(['flags 01']);
  });

  it('marks what throws by the code of its error, without its message', async () => {
    const failure = new AtlasError('TIMEOUT', 'quotes "a value of a tenant"');
    await traced(async (tracing) => {
      const failing = tracing.span('fails', { kind: 'internal' }, () => Promise.reject(failure));
      await expect(failing).rejects.toBe(failure);
    });
    expect(receiver.spans).toMatchObject([{ name: 'fails', failed: true, attributes: { 'error.type': 'TIMEOUT' } }]);
    expect(JSON.stringify(receiver.spans)).not.toContain('a value');
  });

  it('says that a collector refuses what it gets, and harms nobody', async () => {
    const { logger, lines } = recorder();
    const tracing = await tracingTo(`${url}/elsewhere`, 100, logger);
    expect(await tracing.span('lost', { kind: 'internal' }, async () => 'done')).toBe('done');
    await tracing.stop();
    expect(lines.map(({ msg }) => msg)).toEqual(['sending traces fails']);
  });
});

// A schema is built for it.
describe('the trace of a request', { timeout: 20_000 }, () => {
  it('reaches from HTTP through the operation to each read with its route, and has no value of the request', async () => {
    const answer = await traced(async (tracing) => {
      const handler = protocolHandler({
        environment: { ATLAS_DEFAULT_ROLES: 'read' },
        tracing,
        reads: {
          entitiesById: async ({ ids }: { ids: readonly string[] }, requested) => ({
            data: ids.map((id) => entity({ id })),
            reads: [readFreshness({ requested })],
          }),
        },
      });
      onTestFinished(() => handler.stop());
      const app = buildApp(appOptions((request) => handler.handle(request), { tracing }));
      const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, 'x-request-id': 'r-1', 'user-agent': 'test' };
      const query =
        'query Two($a: ID!, $b: ID!) { a: entity(id: $a) { type } b: entity(id: $b) { type } nothing: entity(id: "secret") { type } }';
      const variables = { a: '90224', b: '90225' };
      return app.inject({
        method: 'POST',
        url: '/graphql?x=hidden',
        headers: { ...headers, 'content-type': 'application/json' },
        payload: { query, variables },
      });
    });
    expect(answer.statusCode).toBe(200);
    const [http, ...furtherRequests] = receiver.named('POST /graphql');
    expect(furtherRequests).toEqual([]);
    expect(http).toMatchObject({ trace: TRACE, parent: PARENT, kind: 'server', failed: false });
    expect(http?.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'http.response.status_code': 200,
      'http.response.header.x-request-id': ['r-1'],
      'url.path': '/graphql',
      'url.scheme': 'http',
      'user_agent.original': 'test',
    });
    const [operation] = receiver.below(http);
    expect(operation).toMatchObject({
      name: 'query Two',
      failed: false,
      attributes: {
        'graphql.operation.type': 'query',
        'graphql.operation.name': 'Two',
        'atlas.cost': expect.any(Number),
        'atlas.error.codes': ['BAD_USER_INPUT'],
      },
    });
    // Both entities are one batch of the loader.
    expect(receiver.below(operation)).toMatchObject([
      {
        name: 'read entitiesById',
        attributes: {
          ...{ 'atlas.question': 'entitiesById', 'atlas.batch.size': 2, 'atlas.rows': 1, 'atlas.shard': 's0' },
          ...{ 'atlas.freshness.class': 'INTERACTIVE', 'atlas.source': 'REPLICA', 'atlas.lag_ms': 245 },
          ...{ 'atlas.reason': 'WITHIN_BOUND', 'atlas.stale': false },
        },
      },
    ]);
    for (const value of ['90224', '90225', 'secret', 'hidden'])
      expect(JSON.stringify(receiver.spans)).not.toContain(value);
  });
});
