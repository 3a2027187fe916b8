const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether a moment is a whole number of milliseconds since the epoch in the years 0001 to 9999, as every stored one is. */
export function isStorableMoment(milliseconds: number): boolean {
  return Number.isInteger(milliseconds) && milliseconds >= EARLIEST && milliseconds <= LATEST;
}
