import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

const REQUEST_HEADERS = [
  'content-type',
  'authorization',
  'x-freshness-requirement',
  'x-max-acceptable-lag-ms',
  'x-fallback-strategy',
  'x-consistency-token',
  'x-request-id',
  'traceparent',
  'tracestate',
];
const RESPONSE_HEADERS = [
  'x-consistency-token',
  'x-data-freshness',
  'x-data-source',
  'x-actual-lag-ms',
  'x-replication-health',
  'x-data-timestamp',
  'x-source-timestamp',
  'retry-after',
  'x-request-id',
];
/** How long a browser remembers what it may send, in seconds. */
const PREFLIGHT_AGE_S = 600;

/** Lets pages of the given origins send requests. Without cookies, which never identify a caller. */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders: REQUEST_HEADERS,
    exposedHeaders: RESPONSE_HEADERS,
    maxAge: PREFLIGHT_AGE_S,
    strictPreflight: false,
  });
}
