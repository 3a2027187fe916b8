import type { Settings } from '../../config/settings.ts';
import { createLogger, type Logger } from '../../observability/logger.ts';
import { startTracing } from '../../observability/start-tracing.ts';
import type { Tracing } from '../../observability/tracing.ts';

/** The log, and traces if a collector is set. Lines that are written while a span is active name it. @param file of the log; stderr unless given. */
export async function openObservability(
  settings: Settings,
  service: string,
  file?: string,
): Promise<{ readonly logger: Logger; readonly tracing: Tracing | null }> {
  const { ATLAS_LOG_LEVEL: level, ATLAS_OTLP_URL: url, ATLAS_TRACE_SAMPLE_PERCENT: samplePercent } = settings;
  if (url === undefined) return { logger: createLogger(level, file), tracing: null };
  let tracing: Tracing | null = null;
  const logger = createLogger(level, file, () => tracing?.ids());
  tracing = await startTracing({ url, samplePercent, service, logger });
  return { logger, tracing };
}
