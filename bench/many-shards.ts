/** What writing the watermarks of many shards costs ClickHouse, each by itself and together: `npx tsx bench/watermarks.ts [rounds]`. CPU of the embedded engine and its client. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openChdb } from '../src/connections/clickhouse/chdb-pool.ts';
import { migrateClickHouse } from '../src/migration/migrate-clickhouse.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../src/migration/owned-clickhouse.ts';
import { createLogger } from '../src/observability/logger.ts';
import { ClickHouseSink } from '../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { lookupOf } from '../test/replication/support/test-attributes.ts';
import { KEEP_COPIES } from '../test/support/clickhouse.ts';
import { spreadOf } from './suite/spread.ts';

const ROUNDS = Number(process.argv[2] ?? 40);
const WARM_UP = 5;
const CLUSTER_ID = 'c0000000-0000-4000-8000-000000000000';
const SHARDS = [1, 2, 5, 10, 20];

const directory = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
const database = await openChdb(directory, { connections: 4, timeoutMs: 120_000, memoryBytes: 8_000_000_000 });
try {
  await migrateClickHouse(database, CLUSTER_ID, (work) => work());
  const clickhouse = new OwnedClickHouse(database, new ClickHouseOwnership(CLUSTER_ID, createLogger('silent')));
  const sinks = await Promise.all(
    Array.from({ length: Math.max(...SHARDS) }, async (_, n) => {
      const sink = new ClickHouseSink({ clickhouse, shard: `s${n}`, attributes: lookupOf([]), ...KEEP_COPIES });
      const copyId = await sink.beginCopy({ endsEarlier: true });
      await sink.advance(0n, { copyId, lsn: 1n, heartbeatAt: 1 }, 0);
      return { sink, copyId };
    }),
  );
  let lsn = 1n;
  const cpuOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  for (const count of SHARDS) {
    const figures = { each: [] as number[], together: [] as number[] };
    for (let round = -WARM_UP; round < ROUNDS; round += 1) {
      for (const form of round % 2 === 0 ? (['each', 'together'] as const) : (['together', 'each'] as const)) {
        const [from, to] = [lsn, lsn + 1n];
        lsn = to;
        const advance = ({ sink, copyId }: (typeof sinks)[number]) =>
          sink.advance(0n, { copyId, lsn: to, heartbeatAt: Number(from) }, 0);
        const some = sinks.slice(0, count);
        const ms = await cpuOf(async () => {
          if (form === 'together') await Promise.all(some.map(advance));
          else for (const one of some) await advance(one);
        });
        if (round >= 0) figures[form].push(ms);
      }
    }
    const [each, together] = [spreadOf(figures.each).median, spreadOf(figures.together).median];
    process.stdout.write(
      `${String(count).padStart(3)} shards: each by itself ${each.toFixed(1)} ms of CPU, together ${together.toFixed(1)} (×${(together / each).toFixed(2)})\n`,
    );
  }
} finally {
  await database.close();
  rmSync(directory, { recursive: true, force: true });
}
process.exit();
