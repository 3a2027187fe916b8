import { mustBeCopied, type UnrepairableError } from '../unrepairable-error.ts';

/** Of the logical messages that atlas.announce_truncate writes: neither pgoutput nor Debezium sends the TRUNCATE of a single partition. */
export const TRUNCATE_PREFIX = 'atlas.truncate';

export function truncated(table: string): UnrepairableError {
  return mustBeCopied(`${table} was truncated, which change capture cannot follow row by row`, { lasts: true });
}
