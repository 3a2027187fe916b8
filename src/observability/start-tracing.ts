import type { Logger } from './logger.ts';
import type { Tracing } from './tracing.ts';

export interface TracingOptions {
  /** Where an OpenTelemetry collector takes OTLP over HTTP, without `/v1/traces`. */
  readonly url: string;
  /** Of the traces that begin here, how many are recorded. One that arrives with a request has been decided upon. */
  readonly samplePercent: number;
  /** `service.name`, unless OTEL_SERVICE_NAME sets another one. */
  readonly service: string;
  readonly logger: Logger;
}

/** The libraries are loaded here, if at all. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { openTelemetry } = await import('./open-telemetry.ts');
  return openTelemetry(options);
}
