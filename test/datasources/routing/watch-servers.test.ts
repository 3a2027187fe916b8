import { expect, it } from 'vitest';
import { Breaker } from '../../../src/connections/breaker.ts';
import { watchServers } from '../../../src/datasources/routing/watch-servers.ts';
import { SourceError } from '../../../src/domain/source-error.ts';
import { replicationState, sourceState, UNKNOWN } from '../../support/replication-state.ts';

const down = new SourceError('down', 'SHARD_UNAVAILABLE', 'down');

async function openBreaker(): Promise<Breaker> {
  const breaker = new Breaker({ failures: 1, cooldownMs: 1_000_000, clock: { now: () => -1 } });
  await breaker
    .run(
      () => Promise.reject(down),
      () => down,
    )
    .catch(() => {});
  return breaker;
}

it('closes the breaker of a server that answers its probes, and leaves that of a server that does not open', async () => {
  const [primary, lost, replica, gone, clickhouse] = await Promise.all([1, 2, 3, 4, 5].map(openBreaker));
  const watch = watchServers({
    shards: ['s0', 's1'],
    replication: replicationState({
      s0: { replicas: [UNKNOWN, sourceState('HEALTHY', 1)], clickhouse: UNKNOWN },
      s1: { primary: UNKNOWN },
    }),
    watches: [],
    breakers: [
      { shard: 's0', source: 'PRIMARY', replica: '', breaker: primary as Breaker },
      { shard: 's1', source: 'PRIMARY', replica: '', breaker: lost as Breaker },
      { shard: 's0', source: 'REPLICA', replica: '1', breaker: replica as Breaker },
      { shard: 's0', source: 'REPLICA', replica: '0', breaker: gone as Breaker },
      { shard: '', source: 'CLICKHOUSE', replica: '', breaker: clickhouse as Breaker },
    ],
    periodMs: 1_000_000,
  });
  await watch.start();
  await watch.stop();
  const states = [primary, lost, replica, gone, clickhouse].map((breaker) => breaker?.isOpen);
  expect(states).toEqual([false, true, false, true, false]);
});
