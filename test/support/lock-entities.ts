import { expect, onTestFinished, vi } from 'vitest';
import type { ShardEndpoints } from '../../src/domain/shard.ts';
import { primaryPool } from './postgres-pools.ts';

/** Locks atlas.entity on the primaries of these shards until the test is over. */
export async function lockEntities(shards: readonly ShardEndpoints[]): Promise<void> {
  const lockers = shards.map((endpoints) => primaryPool(endpoints, { applicationName: 'atlas-lock', size: 1 }));
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let locked = 0;
  const transactions = lockers.map((locker) =>
    locker.transaction(async (session) => {
      await session.query({ text: 'LOCK TABLE atlas.entity IN ACCESS EXCLUSIVE MODE', values: [] });
      locked += 1;
      await released;
    }),
  );
  onTestFinished(async () => {
    release();
    await Promise.all(transactions);
    await Promise.all(lockers.map((locker) => locker.close()));
  });
  await vi.waitFor(() => expect(locked).toBe(lockers.length), { timeout: 10_000 });
}
