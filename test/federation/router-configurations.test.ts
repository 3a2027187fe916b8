import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { FORWARDED_HEADERS } from '../../examples/gateways/merge-freshness.ts';
import { FreshnessCollector, freshnessHeaders } from '../../src/freshness/freshness-summary.ts';
import { readFreshness } from '../support/requirement.ts';

const EXAMPLES = new URL('../../examples/gateways/', import.meta.url);

function textOf(file: string): string {
  return readFileSync(new URL(file, EXAMPLES), 'utf8');
}

const enabled = z.strictObject({ enabled: z.boolean() });

/**
 * The keys that the examples use, as Apollo Router 2 documents them (graphos/routing/configuration/yaml): an unknown key stops the
 * router when it starts.
 */
const APOLLO_ROUTER = z.strictObject({
  supergraph: z.strictObject({ listen: z.string() }),
  headers: z.strictObject({
    subgraphs: z.strictObject({
      atlas: z.strictObject({
        request: z.array(z.strictObject({ propagate: z.strictObject({ named: z.string() }) })),
      }),
    }),
  }),
  include_subgraph_errors: z.strictObject({ all: z.boolean(), subgraphs: z.strictObject({ atlas: z.boolean() }) }),
  rhai: z.strictObject({ scripts: z.string(), main: z.string() }),
  telemetry: z.strictObject({
    exporters: z.strictObject({
      tracing: z.strictObject({
        propagation: z.strictObject({ trace_context: z.boolean() }),
        otlp: z.strictObject({ enabled: z.boolean(), protocol: z.enum(['grpc', 'http']), endpoint: z.string() }),
      }),
    }),
  }),
});

/** As above, of Cosmo Router (cosmo-docs.wundergraph.com/router/configuration). */
const COSMO_ROUTER = z.strictObject({
  version: z.literal('1'),
  listen_addr: z.string(),
  execution_config: z.strictObject({ file: z.strictObject({ path: z.string() }) }),
  authentication: z.strictObject({ jwt: z.strictObject({ jwks: z.array(z.strictObject({ url: z.string() })) }) }),
  authorization: z.strictObject({ require_authentication: z.boolean() }),
  headers: z.strictObject({
    subgraphs: z.strictObject({
      atlas: z.strictObject({
        request: z.array(z.strictObject({ op: z.literal('propagate'), named: z.string() })),
        response: z.array(
          z.strictObject({
            op: z.literal('propagate'),
            named: z.string(),
            algorithm: z.enum(['first_write', 'last_write', 'append']),
          }),
        ),
      }),
    }),
  }),
  subgraph_error_propagation: z.strictObject({
    mode: z.enum(['wrapped', 'pass-through']),
    allow_all_extension_fields: z.boolean(),
  }),
  subgraph_extension_propagation: enabled,
  telemetry: z.strictObject({
    tracing: z.strictObject({
      enabled: z.boolean(),
      exporters: z.array(z.strictObject({ exporter: z.enum(['http', 'grpc']), endpoint: z.string() })),
      propagation: z.strictObject({ trace_context: z.boolean() }),
    }),
    metrics: z.strictObject({ otlp: enabled }),
  }),
  graphql_metrics: enabled,
});

/** The headers of a client that reach Atlas. Routers make `traceparent` and `tracestate` themselves. */
const FORWARDED = ['authorization', ...FORWARDED_HEADERS].filter((name) => !name.startsWith('trace')).sort();

/** The headers in which Atlas reports the freshness of a response. */
function reported(): string[] {
  const collector = new FreshnessCollector();
  collector.add(readFreshness(), 1);
  const summary = collector.summary();
  if (summary === null) throw new Error('nothing was read');
  return [...freshnessHeaders(summary).keys(), 'x-consistency-token'].sort();
}

describe('the configuration of Apollo Router', () => {
  const config = APOLLO_ROUTER.parse(parse(textOf('apollo-router/router.yaml')));

  it("forwards the client's token, freshness and request id, and no identity that a client could choose", () => {
    expect(config.headers.subgraphs.atlas.request.map(({ propagate }) => propagate.named).sort()).toEqual(FORWARDED);
  });

  it('shows clients the errors of Atlas, and of no other subgraph', () => {
    expect(config.include_subgraph_errors).toEqual({ all: false, subgraphs: { atlas: true } });
  });

  it('passes the trace on', () => {
    expect(config.telemetry.exporters.tracing.propagation.trace_context).toBe(true);
  });

  it('has a script that returns every header with which Atlas reports freshness', () => {
    const script = textOf(`apollo-router/${config.rhai.main}`);
    for (const name of reported()) expect(script).toMatch(new RegExp(`headers\\["${name}"\\] = |#\\{ "${name}": `));
  });
});

describe('the configuration of Cosmo Router', () => {
  const config = COSMO_ROUTER.parse(parse(textOf('cosmo-router/config.yaml')));
  const { request, response } = config.headers.subgraphs.atlas;

  it("forwards the client's token, freshness and request id, and no identity that a client could choose", () => {
    expect(request.map(({ named }) => named.toLowerCase()).sort()).toEqual(FORWARDED);
    expect(config.authorization.require_authentication).toBe(true);
  });

  it('returns every header with which Atlas reports freshness, of all calls', () => {
    expect(response.map(({ named }) => named.toLowerCase()).sort()).toEqual(reported());
    expect(new Set(response.map(({ algorithm }) => algorithm))).toEqual(new Set(['append']));
  });

  it('names headers as Go does, which compares them so', () => {
    for (const { named } of [...request, ...response]) expect(named).toMatch(/^[A-Z][a-z]*(-[A-Z][a-z]*)*$/);
  });

  it('shows clients the errors of Atlas with their extensions, and passes the trace on', () => {
    expect(config.subgraph_error_propagation).toEqual({ mode: 'pass-through', allow_all_extension_fields: true });
    expect(config.telemetry.tracing.propagation.trace_context).toBe(true);
  });
});
