import { isStorableMoment } from '../domain/values/storable.ts';

const ISO =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$/;

/**
 * Milliseconds since the epoch of an ISO 8601 calendar date or time. Without an offset it is UTC; digits beyond
 * milliseconds are truncated. Null for everything else: a year or month alone, other orders of day and month, 24:00, leap seconds.
 */
export function parseIsoTimestamp(text: string): number | null {
  const match = ISO.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match;
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  const utc = Date.parse(local);
  // Date.parse accepts 30 February and 24:00 and rolls them over to the next month or day.
  if (Number.isNaN(utc) || new Date(utc).toISOString() !== local) return null;
  const offset = offsetMinutes(zone);
  if (offset === null) return null;
  const instant = utc - offset * 60_000;
  return isStorableMoment(instant) ? instant : null;
}

function offsetMinutes(zone: string): number | null {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || '0');
  if (hours > 15 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
