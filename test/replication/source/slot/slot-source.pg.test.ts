import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import type { ChangeReceiver } from '../../../../src/replication/source/change-source.ts';
import { SlotSource } from '../../../../src/replication/source/slot/slot-source.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { type ShardDatabase, startShardDatabase } from '../../support/replicated-shard.ts';

let shard: ShardDatabase;
let primary: PostgresPool;
beforeAll(async () => {
  shard = await startShardDatabase();
  primary = primaryPool(shard.endpoints);
});
afterAll(async () => {
  await primary?.close();
  await shard?.stop();
});

it('ends if it is stopped while it looks at the publication, before it streams', async () => {
  const stop = new AbortController();
  const stopping = new Proxy(primary, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        if (name === 'query') stop.abort(new Error('stopped'));
        return (member as (...given: unknown[]) => unknown).apply(target, given);
      };
    },
  });
  const receiver: ChangeReceiver = { receive: () => undefined, settle: async () => {} };
  const source = new SlotSource({ endpoints: shard.endpoints, primary: stopping, leaseMs: 5_000 });
  const streaming = source.stream({ copyId: 1n, lsn: 0n, heartbeatAt: null }, receiver, {
    ...{ signal: stop.signal, onStart: () => {}, onCopyRequested: () => {} },
  });
  await expect(streaming).rejects.toThrow('stopped');
});
