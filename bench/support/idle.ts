import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds } from './child.ts';
import { until } from './until.ts';

const PERIOD_MS = 200;
/** Of one core. Heartbeats and probes take a few hundredths. */
const IDLE_SHARE = 0.2;

/** Resolves once the process has hardly anything left to do. */
export async function untilIdle(pid: number): Promise<void> {
  await until(async () => {
    const before = cpuSeconds(pid);
    await delay(PERIOD_MS);
    return cpuSeconds(pid) - before < (IDLE_SHARE * PERIOD_MS) / 1_000;
  }, 60_000);
}
