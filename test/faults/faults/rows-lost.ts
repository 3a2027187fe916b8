import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../src/lib/clock.ts';
import { readHealth } from '../readers/health.ts';
import type { Stack } from '../stack/stack.ts';
import type { Fault } from './fault.ts';

/** Longer than the period in which every row is compared, on a slow machine too. */
const LONGEST_UNSEEN_MS = 120_000;
const ASK_EVERY_MS = 200;

/** Rows vanish from ClickHouse behind everyone's back; the continuous comparison must notice, and the operator repairs. */
export const rowsLost: Fault = {
  name: 'rows lost in ClickHouse',
  weight: 1,
  mixes: false,
  targets: ({ clickhouse }) => (clickhouse?.sql ? ['entity', 'entity_attribute'] : []),
  async inject(target, { stack, violations, complain, took }) {
    const lostAt = systemClock.now();
    let repairedAt = Number.POSITIVE_INFINITY;
    const fromClickHouse = ({ sentAt, freshness }: { sentAt: number; freshness: ReadsReported | null }) =>
      sentAt < repairedAt && freshness?.reads.some(({ source }) => source === 'CLICKHOUSE') === true;
    await violations.excusing(fromClickHouse, async () => {
      await stack.clickhouse?.sql?.(`ALTER TABLE ${target} DELETE WHERE entity_id % 3 = 1 SETTINGS mutations_sync = 2`);
      if (await isNoticed(stack)) took('hole noticed', systemClock.now() - lostAt);
      else complain('health', `Rows of ${target} are missing in ClickHouse, and no process says so`);
      const { code, output } = await stack.run(['verify', '--repair']);
      if (code !== 0) complain('difference', `atlas verify --repair ended with ${code}:\n${output}`);
      repairedAt = systemClock.now();
      await sleep(LONGEST_READ_MS);
    });
  },
};

/** Reads that began before the repair end within it. */
const LONGEST_READ_MS = 2_000;

interface ReadsReported {
  readonly reads: readonly { readonly source: string }[];
}

/** Whether a process reports differences in time. */
async function isNoticed({ healthUrls }: Stack): Promise<boolean> {
  const deadline = performance.now() + LONGEST_UNSEEN_MS;
  while (performance.now() < deadline) {
    for (const url of healthUrls) {
      const health = await readHealth(url).catch(() => null);
      if ((health?.report.components.verification?.differences ?? 0) > 0) return true;
    }
    await sleep(ASK_EVERY_MS);
  }
  return false;
}
