import { z } from 'zod';
import { setting } from './setting.ts';

const collector = z.string().refine((text) => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '' && search === '';
}, 'must be an http:// or https:// URL without user, password and query');

/** What metrics, log and traces say about requests. */
export const OBSERVABILITY_SETTINGS = {
  ATLAS_SLOW_REQUEST_MS: setting(
    z.coerce.number().int().min(0),
    '1000',
    'GraphQL requests that take at least this long are logged, with the route of every read; 0: none.',
  ),
  ATLAS_METRICS_OPERATIONS: setting(
    z.coerce.number().int().min(0).max(10_000),
    '100',
    'Names of GraphQL operations that have series of their own in the metrics: the first ones that a process meets. All others share `other`.',
  ),
  ATLAS_OTLP_URL: setting(
    collector.optional(),
    undefined,
    'An OpenTelemetry collector that takes OTLP over HTTP, such as http://localhost:4318. If set, `serve` and `dev` send traces to it, under /v1/traces. OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES apply.',
  ),
  ATLAS_TRACE_SAMPLE_PERCENT: setting(
    z.coerce.number().min(0).max(100),
    '100',
    'Share of the traces that begin at Atlas which are recorded. A request with `traceparent` is recorded if its trace is.',
  ),
} as const;
