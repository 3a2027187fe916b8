import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind as SpanKinds,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { VERSION } from '../lib/version.ts';
import { OutageLog } from './outage-log.ts';
import type { TracingOptions } from './start-tracing.ts';
import type { SpanAttributes, SpanKind, SpanOptions, TraceIds, TraceSpan, Tracing } from './tracing.ts';

const KINDS: Readonly<Record<SpanKind, SpanKinds>> = {
  server: SpanKinds.SERVER,
  client: SpanKinds.CLIENT,
  internal: SpanKinds.INTERNAL,
};

/** Spans wait this long for others to be sent with. */
const BATCH_MS = 1_000;
/** Beyond this, they are dropped: a collector that does not answer must not fill the memory. */
const MOST_WAITING = 8_192;
const EXPORT_TIMEOUT_MS = 5_000;
const FAREWELL_MS = 2_000;
/** Statements are longer than anybody reads. */
const LONGEST_VALUE = 2_000;

/**
 * Spans by the SDK of OpenTelemetry, sent to a collector. It registers nothing globally: which span is active is known to this object alone,
 * so it neither disturbs nor is disturbed by what else a process has loaded.
 */
export function openTelemetry({ url, samplePercent, service, logger }: TracingOptions): Tracing {
  const exporter = new OTLPTraceExporter({
    url: `${url.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service, 'service.version': VERSION }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(samplePercent / 100) }),
    spanLimits: { attributeValueLengthLimit: LONGEST_VALUE },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: reporting(exporter, new OutageLog(logger, 'sending traces')),
        scheduledDelayMillis: BATCH_MS,
        maxQueueSize: MOST_WAITING,
      }),
    ],
  });
  const tracer = provider.getTracer('atlas', VERSION);
  const propagator = new W3CTraceContextPropagator();
  const active = new AsyncLocalStorage<Context>();

  return {
    span(name, { kind, attributes, from }: SpanOptions, work) {
      const above =
        from === undefined ? active.getStore() : propagator.extract(ROOT_CONTEXT, from, defaultTextMapGetter);
      const context = above ?? ROOT_CONTEXT;
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes: attributes as Attributes }, context);
      return active.run(trace.setSpan(context, span), () => untilDone(span, work));
    },
    headers() {
      const context = active.getStore();
      if (context === undefined) return undefined;
      const headers: Record<string, string> = {};
      propagator.inject(context, headers, defaultTextMapSetter);
      return headers;
    },
    isRecording(): boolean {
      const context = active.getStore();
      return context !== undefined && trace.getSpan(context)?.isRecording() === true;
    },
    ids(): TraceIds | undefined {
      const context = active.getStore();
      const ids = context && trace.getSpanContext(context);
      return ids && { trace_id: ids.traceId, span_id: ids.spanId };
    },
    async stop() {
      const waiting = new AbortController();
      const late = delay(FAREWELL_MS, undefined, { signal: waiting.signal }).catch(() => {});
      // That sending failed is in the log.
      const sent = provider.shutdown().catch(() => {});
      await Promise.race([sent, late]);
      waiting.abort();
    },
  };
}

async function untilDone<T>(span: Span, work: (span: TraceSpan) => Promise<T>): Promise<T> {
  const own = new OpenSpan(span);
  try {
    return await work(own);
  } catch (error) {
    own.fail(typeOf(error));
    throw error;
  } finally {
    span.end();
  }
}

class OpenSpan implements TraceSpan {
  readonly #span: Span;

  constructor(span: Span) {
    this.#span = span;
  }

  rename(name: string): void {
    this.#span.updateName(name);
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes as Attributes);
  }

  event(name: string, attributes: SpanAttributes): void {
    this.#span.addEvent(name, attributes as Attributes);
  }

  fail(type: string): void {
    this.#span.setAttribute('error.type', type);
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
  }
}

/** The code of our own errors and of the drivers', otherwise the class. */
function typeOf(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** Says when sending begins to fail, and when it works again. */
function reporting(exporter: SpanExporter, outages: OutageLog): SpanExporter {
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        if (result.error === undefined) outages.succeeded();
        else outages.failed(result.error);
        done(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
