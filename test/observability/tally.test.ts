import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { Tally } from '../../src/observability/tally.ts';

it('a tally counts by all of its labels, and a scrape shows the totals, however often it is read', async () => {
  const registry = new Registry();
  const tally = new Tally({
    name: 'reads_total',
    help: 'Reads',
    labelNames: ['source', 'class'],
    registers: [registry],
  });
  expect(await registry.metrics()).not.toContain('reads_total{');
  tally.count(['REPLICA', 'BATCH']);
  tally.count(['REPLICA', 'REALTIME'], 3);
  tally.count(['REPLICA', 'BATCH']);
  tally.count(['PRIMARY', 'BATCH']);
  for (let scrape = 0; scrape < 2; scrape++) {
    expect((await registry.metrics()).split('\n').filter((line) => line.startsWith('reads_total'))).toEqual([
      'reads_total{source="REPLICA",class="BATCH"} 2',
      'reads_total{source="REPLICA",class="REALTIME"} 3',
      'reads_total{source="PRIMARY",class="BATCH"} 1',
    ]);
  }
});
