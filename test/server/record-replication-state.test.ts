import { expect, it } from 'vitest';
import { Metrics } from '../../src/observability/metrics.ts';
import { recordReplicationState } from '../../src/server/record-replication-state.ts';
import { replicationState, UNKNOWN } from '../support/replication-state.ts';

const scraped = async (hasClickHouse: boolean): Promise<string> => {
  const metrics = new Metrics();
  recordReplicationState(metrics, replicationState({ s0: { clickhouse: UNKNOWN } }, hasClickHouse), ['s0']);
  return metrics.registry.metrics();
};

it('records a ClickHouse that is down, and none where none is configured: no alert waits for it', async () => {
  const down = 'atlas_source_health{shard="s0",source="CLICKHOUSE",replica=""} 0';
  expect(await scraped(true)).toContain(down);
  const without = await scraped(false);
  expect(without).toContain('atlas_source_health{shard="s0",source="PRIMARY",replica=""} 2');
  expect(without).not.toMatch(/CLICKHOUSE|^atlas_change_stream_/m);
});
