import { expect, it } from 'vitest';
import { observeWaits } from '../../src/connections/observe-waits.ts';
import { Permits, PermitWaits } from '../../src/connections/permits.ts';
import { Metrics } from '../../src/observability/metrics.ts';

it('the metrics show what came of the waits for a connection, and how long they were, of all replicas of a shard together', async () => {
  const waits = [new PermitWaits(), new PermitWaits()] as const;
  const metrics = new Metrics();
  observeWaits(metrics, [
    { shard: 's0', role: 'replica', waits: waits[0] },
    { shard: 's0', role: 'replica', waits: waits[1] },
  ]);
  for (const own of waits) {
    const permits = new Permits(1, 5, () => new Error('busy'), 1, own);
    await permits.acquire();
    await permits.acquire().catch(() => {});
    const leaving = new AbortController();
    const left = permits.acquire(leaving.signal);
    leaving.abort(new Error('left'));
    await left.catch(() => {});
    const granted = permits.acquire();
    permits.release();
    await granted;
  }
  const text = await metrics.text();
  for (const outcome of ['connection', 'timeout', 'ended'])
    expect(text).toContain(`atlas_pool_waits_total{shard="s0",role="replica",outcome="${outcome}"} 2`);
  const [, seconds] = /^atlas_pool_wait_seconds_total\{shard="s0",role="replica"\} (\S+)$/m.exec(text) ?? [];
  expect(Number(seconds)).toBeGreaterThan(0.008);
});
