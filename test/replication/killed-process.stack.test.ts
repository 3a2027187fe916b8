import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openChdb } from '../../src/connections/clickhouse/chdb-pool.ts';
import { ofTestCluster } from '../support/clickhouse.ts';
import { temporaryDirectory } from '../support/run-directory.ts';
import { caughtUp, expectEqualStores, put, putMany } from './support/replicated-data.ts';
import { CHDB_LIMITS, replicate, type ShardDatabase, startShardDatabase } from './support/replicated-shard.ts';

const PROGRAM = fileURLToPath(new URL('support/replicator-process.ts', import.meta.url));
/** The first falls into the initial copy. */
const KILLED_AFTER_BATCHES = [2, 1, 15];

describe('a replicator process that is killed', () => {
  it('leaves neither gap nor duplicate, whenever it is killed', { timeout: 120_000 }, async () => {
    const path = temporaryDirectory('killed');
    const database = await startShardDatabase();
    try {
      await putMany(database, 1, 2_000);
      for (const [round, batches] of KILLED_AFTER_BATCHES.entries())
        await runUntilKilled(database, path, batches, round);
      const shard = replicate(database, ofTestCluster(await openChdb(path, CHDB_LIMITS)));
      try {
        const survivor = await shard.replicator();
        await caughtUp(shard);
        await expectEqualStores(shard);
        expect(survivor.state()).toMatchObject({ phase: 'streaming', lastError: null });
      } finally {
        await shard.stop();
      }
    } finally {
      await database.stop();
      rmSync(path, { recursive: true, force: true });
    }
  });
});

/** Kills the process once it has written so many batches, while entities are being written, changed and deleted. */
async function runUntilKilled(database: ShardDatabase, path: string, batches: number, round: number): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, database.endpoints.primary, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let dead = false;
  const exited = once(child, 'exit').then(() => {
    dead = true;
  });
  let written = 0;
  createInterface({ input: child.stdout }).on('line', () => {
    if (++written === batches) child.kill('SIGKILL');
  });
  for (let id = 1; !dead; id++) {
    await putMany(database, id * 50, id * 50 + 120, round);
    await put(database, 10_000 + id, { '1': `round ${round}`, '3': true });
    await database.sql('DELETE FROM atlas.entity WHERE entity_id = $1', [id * 7]);
    await database.beat();
  }
  await exited;
  expect(written).toBeGreaterThanOrEqual(batches);
}
