/** A row of atlas.horizon is used again after 13 minutes: there is one for each 50 ms. */
const ROWS = 16_384;
const ROW_US = 50_000;

/** SQL for the row of atlas.horizon that a heartbeat is in. @param heartbeat SQL, in microseconds since the epoch. */
export function horizonSlot(heartbeat: string): string {
  return `(${heartbeat} / ${ROW_US} % ${ROWS})::integer`;
}
