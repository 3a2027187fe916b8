import { AtlasError } from '../errors.ts';
import { overLimit } from '../over-limit.ts';
import type { TimeZone } from './time-zone.ts';

export type TimeInterval = 'MINUTE' | 'HOUR' | 'DAY' | 'WEEK' | 'MONTH' | 'QUARTER' | 'YEAR';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** 1970-01-05, the first Monday. */
const MONDAY_MS = 4 * DAY_MS;
const MONTHS = { MONTH: 1, QUARTER: 3, YEAR: 12 } as const;

/**
 * The starts of the periods from the one that contains `first` to the one that contains `last`, in ascending order. Days and longer periods
 * begin at midnight in the zone, weeks on Monday; where clocks are set forward at midnight, when they are. Hours and minutes begin when
 * the clocks show a whole one; an hour that they show twice is two periods.
 * @throws AtlasError LIMIT_EXCEEDED if they are more than `limit`.
 */
export function periodStarts(
  { first, last }: { readonly first: number; readonly last: number },
  interval: TimeInterval,
  zone: TimeZone,
  limit: number,
): readonly number[] {
  const starts = [periodStart(first, interval, zone)];
  for (let start = starts[0] ?? first; ; starts.push(start)) {
    if (starts.length > limit) {
      const range = `from ${new Date(first).toISOString()} to ${new Date(last).toISOString()}`;
      throw new AtlasError(
        'LIMIT_EXCEEDED',
        `There are more than ${limit} periods of ${interval} ${range}; use a longer interval, or set from and to.`,
        { hint: overLimit('Use a longer interval, or set from and to', 'ATLAS_MAX_TIME_SERIES_POINTS') },
      );
    }
    start = nextStart(start, interval, zone);
    if (start > last) return starts;
  }
}

/** The start of the period that contains the moment. */
function periodStart(moment: number, interval: TimeInterval, zone: TimeZone): number {
  if (interval === 'HOUR' || interval === 'MINUTE') return wholeUnit(moment, unitOf(interval), zone);
  return zone.momentOf(localStart(zone.localOf(moment), interval));
}

function nextStart(start: number, interval: TimeInterval, zone: TimeZone): number {
  if (interval === 'HOUR' || interval === 'MINUTE') {
    const unit = unitOf(interval);
    const later = wholeUnit(start + unit, unit, zone);
    // Clocks that are set back by less than an hour make one that is longer.
    return later > start ? later : wholeUnit(start + 2 * unit, unit, zone);
  }
  // A day that is skipped begins when the next one does.
  let local = localStart(zone.localOf(start), interval);
  for (;;) {
    local = localNext(local, interval);
    const next = zone.momentOf(local);
    if (next > start) return next;
  }
}

function unitOf(interval: 'HOUR' | 'MINUTE'): number {
  return interval === 'HOUR' ? HOUR_MS : MINUTE_MS;
}

/** The last moment, at most this one, at which the clocks show a whole unit. */
function wholeUnit(moment: number, unit: number, zone: TimeZone): number {
  let start = moment;
  for (;;) {
    const past = modulo(zone.localOf(start), unit);
    if (past === 0) return start;
    start -= past;
  }
}

/** In local time, of the period that contains the local time. */
function localStart(local: number, interval: Exclude<TimeInterval, 'HOUR' | 'MINUTE'>): number {
  if (interval === 'DAY') return local - modulo(local, DAY_MS);
  if (interval === 'WEEK') return local - modulo(local - MONDAY_MS, WEEK_MS);
  const start = new Date(local - modulo(local, DAY_MS));
  const months = MONTHS[interval];
  return start.setUTCMonth(Math.floor(start.getUTCMonth() / months) * months, 1);
}

function localNext(start: number, interval: Exclude<TimeInterval, 'HOUR' | 'MINUTE'>): number {
  if (interval === 'DAY') return start + DAY_MS;
  if (interval === 'WEEK') return start + WEEK_MS;
  const next = new Date(start);
  return next.setUTCMonth(next.getUTCMonth() + MONTHS[interval]);
}

function modulo(value: number, unit: number): number {
  return ((value % unit) + unit) % unit;
}
