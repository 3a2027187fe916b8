import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Logger } from '../../../src/observability/logger.ts';

/** Level, reason and message of what is logged. */
export interface LogLine {
  readonly level: number;
  readonly reason?: string;
  readonly msg: string;
}

/** A logger, and what it has written. */
export function recorder(): { logger: Logger; lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as LogLine);
      done();
    },
  });
  return { lines, logger: pino({ level: 'info' }, sink) };
}
