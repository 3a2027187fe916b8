import { expect, it } from 'vitest';
import { Breaker } from '../../src/connections/breaker.ts';
import { observeBreakers } from '../../src/connections/observe-breakers.ts';
import { SourceError } from '../../src/domain/source-error.ts';
import { Metrics } from '../../src/observability/metrics.ts';

it('shows which breakers are open', async () => {
  const create = () => new Breaker({ failures: 1, cooldownMs: 1_000, clock: { now: () => 0 } });
  const [primary, replica] = [create(), create()];
  const metrics = new Metrics();
  observeBreakers(metrics, [
    { shard: 's0', source: 'PRIMARY', replica: '', breaker: primary },
    { shard: 's0', source: 'REPLICA', replica: '0', breaker: replica },
  ]);
  const down = new SourceError('down', 'SHARD_UNAVAILABLE', 'down');
  await replica
    .run(
      () => Promise.reject(down),
      () => down,
    )
    .catch(() => {});
  const text = await metrics.text();
  expect(text).toContain('atlas_breaker_open{shard="s0",source="PRIMARY",replica=""} 0');
  expect(text).toContain('atlas_breaker_open{shard="s0",source="REPLICA",replica="0"} 1');
});
