import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Structured JSON lines on stderr. Values of attributes and of bound parameters are never logged. */
export function createLogger(level: string): Logger {
  return pino({ name: 'atlas', level, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
