import { setTimeout as delay } from 'node:timers/promises';

const PERIOD_MS = 20;

/** Polls until the condition holds. @throws once it has not held for so long. */
export async function until(holds: () => Promise<boolean>, limitMs = 600_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`What was awaited has not come in ${limitMs / 1_000} s`);
    await delay(PERIOD_MS);
  }
}
