const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;

/** ISO 8601 time of day (`13:45:30.25`), without trailing zeros in the fraction. Null unless from 0 to less than 24 hours. */
export function isoTimeOfDay(nanoseconds: bigint): string | null {
  if (nanoseconds < 0n || nanoseconds >= DAY) return null;
  const seconds = nanoseconds / SECOND;
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, '0'));
  return `${parts.join(':')}${fraction(nanoseconds % SECOND)}`;
}

/** ISO 8601 duration in hours, minutes and seconds: `PT26H0.5S`, `-PT30M`, `PT0S`. */
export function isoDuration(nanoseconds: bigint): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return `${nanoseconds < 0n ? '-' : ''}P${timePart(size) || 'T0S'}`;
}

/** ISO 8601 duration of a calendar interval, whose months and days have no fixed length: `P1M2DT3.004S`, `PT0S`. */
export function isoInterval(months: number, days: number, milliseconds: number): string {
  const date = `${months > 0 ? `${months}M` : ''}${days > 0 ? `${days}D` : ''}`;
  return `P${date}${timePart(BigInt(milliseconds) * 1_000_000n)}`.replace(/^P$/, 'PT0S');
}

function timePart(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '';
  const seconds = nanoseconds / SECOND;
  const [hours, minutes] = [seconds / 3600n, (seconds / 60n) % 60n];
  const rest = nanoseconds % (60n * SECOND);
  const last = rest > 0n ? `${rest / SECOND}${fraction(rest % SECOND)}S` : '';
  return `T${hours > 0n ? `${hours}H` : ''}${minutes > 0n ? `${minutes}M` : ''}${last}`;
}

const fraction = (nanoseconds: bigint): string =>
  nanoseconds === 0n ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
