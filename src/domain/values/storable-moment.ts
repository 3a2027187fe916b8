const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a moment (milliseconds since the epoch) has a four-digit year, as every stored one has. */
export function isStorableMoment(milliseconds: number): boolean {
  return milliseconds >= EARLIEST && milliseconds <= LATEST;
}
