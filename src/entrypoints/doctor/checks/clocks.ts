import { duration, type Finding, ok, warn } from '../finding.ts';
import type { Check } from '../patient.ts';

/** Of several readings, the quickest is the most exact. */
const READINGS = 3;
/** Lag is measured whatever the clocks say; signatures, tokens and timestamps of writes are not. */
const MOST_MS = 1_000;

/** How far the clocks of the servers are from that of this host. */
export const clocks: Check = {
  title: 'clocks',
  async examine({ servers, clickhouse }) {
    const text = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS clock';
    const asked: (readonly [string, () => Promise<{ clock: number | string }[]>])[] = servers.map(
      ({ name, database }) => [`The ${name}`, () => database.query<{ clock: number }>({ text, values: [] })],
    );
    if (clickhouse !== null) {
      asked.push([
        'ClickHouse',
        () => clickhouse.query<{ clock: string }>('SELECT toUnixTimestamp64Milli(now64(3)) AS clock'),
      ]);
    }
    const offsets = await Promise.all(asked.map(async ([name, ask]) => ({ name, ...(await offsetOf(ask)) })));
    if (offsets.length === 0) return [];
    const wrong = offsets.flatMap(({ name, ms }): Finding[] => {
      if (Math.abs(ms) <= MOST_MS) return [];
      const direction = ms > 0 ? 'ahead of' : 'behind';
      return [
        warn(
          `${name} has a clock that is ${duration(Math.abs(ms))} ${direction} that of this host; run a time service (NTP) on both.`,
        ),
      ];
    });
    const most = Math.max(...offsets.map(({ ms }) => Math.abs(ms)));
    return wrong.length > 0
      ? wrong
      : [ok(`The clocks of all servers are within ${duration(Math.max(1, most))} of that of this host.`)];
  },
};

/** The least that the clock can be off: what the way takes counts for it. */
async function offsetOf(ask: () => Promise<{ clock: number | string }[]>): Promise<{ ms: number }> {
  let best = { ms: 0, tripMs: Number.POSITIVE_INFINITY };
  for (let reading = 0; reading < READINGS; reading++) {
    const sentAt = Date.now();
    const [row] = await ask();
    const receivedAt = Date.now();
    const tripMs = receivedAt - sentAt;
    if (tripMs >= best.tripMs) continue;
    const remote = Number(row?.clock);
    const ahead = Math.max(0, remote - receivedAt);
    const behind = Math.max(0, sentAt - remote);
    best = { ms: ahead - behind, tripMs };
  }
  return best;
}
