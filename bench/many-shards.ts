/**
 * What a small batch of each of many shards costs ClickHouse, its rows and its watermark, if all are written at once, each shard by itself and all together:
 * `npx tsx bench/many-shards.ts [rounds]`. CPU of the embedded engine and its client, and the time until all are written.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openChdb } from '../src/connections/clickhouse/chdb-pool.ts';
import { migrateClickHouse } from '../src/migration/migrate-clickhouse.ts';
import { ClickHouseOwnership, OwnedClickHouse } from '../src/migration/owned-clickhouse.ts';
import { createLogger } from '../src/observability/logger.ts';
import { changeVersion } from '../src/replication/change.ts';
import { ClickHouseSink } from '../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { entityTuple } from '../test/datasources/support/entity-tuple.ts';
import { lookupOf, TEST_ATTRIBUTES } from '../test/replication/support/test-attributes.ts';
import { KEEP_COPIES } from '../test/support/clickhouse.ts';
import { spreadOf } from './suite/spread.ts';

const ROUNDS = Number(process.argv[2] ?? 40);
const WARM_UP = 5;
const CLUSTER_ID = 'c0000000-0000-4000-8000-000000000000';
const SHARDS = [1, 2, 5, 10, 20];
/** In a batch. */
const ENTITIES = 10;
/** Of TEST_ATTRIBUTES. */
const ATTRIBUTES = JSON.stringify({
  1: 'a text',
  2: 2.5,
  3: true,
  4: '2024-01-01T00:00:00.000Z',
  5: { a: [1, 2] },
  9: '12',
});

/** Medians. */
class Rounds {
  readonly #cpu: number[] = [];
  readonly #times: number[] = [];

  async measure(work: () => Promise<unknown>, counts: boolean): Promise<void> {
    const [before, startedAt] = [process.cpuUsage(), performance.now()];
    await work();
    const [{ user, system }, ms] = [process.cpuUsage(before), performance.now() - startedAt];
    if (!counts) return;
    this.#cpu.push((user + system) / 1_000);
    this.#times.push(ms);
  }

  get cpuMs(): number {
    return spreadOf(this.#cpu).median;
  }

  get ms(): number {
    return spreadOf(this.#times).median;
  }

  toString(): string {
    return `${this.cpuMs.toFixed(1)} ms of CPU in ${this.ms.toFixed(1)} ms`;
  }
}

/** The sink of a shard, with a copy. */
interface Target {
  readonly sink: ClickHouseSink;
  readonly copyId: bigint;
  readonly index: number;
}

const directory = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
const most = Math.max(...SHARDS);
const database = await openChdb(directory, { connections: 2 * most, timeoutMs: 120_000, memoryBytes: 8_000_000_000 });
try {
  await migrateClickHouse(database, CLUSTER_ID, (work) => work());
  const owned = () => new OwnedClickHouse(database, new ClickHouseOwnership(CLUSTER_ID, createLogger('silent')));
  const common = owned();
  const targetOf = async (clickhouse: OwnedClickHouse, index: number): Promise<Target> => {
    const given = { clickhouse, shard: `s${index}`, attributes: lookupOf(TEST_ATTRIBUTES), ...KEEP_COPIES };
    const sink = new ClickHouseSink(given);
    const copyId = await sink.beginCopy({ endsEarlier: true });
    await sink.advance(0n, { copyId, lsn: 1n, heartbeatAt: 1 }, 0);
    return { sink, copyId, index };
  };
  const indices = Array.from({ length: most }, (_, index) => index);
  const targets = {
    apart: await Promise.all(indices.map((index) => targetOf(owned(), index))),
    together: await Promise.all(indices.map((index) => targetOf(common, most + index))),
  };
  let lsn = 1n;
  const rows = ({ sink, copyId, index }: Target): Promise<void> => {
    const batch = sink.batch(copyId, 'stream');
    for (let n = 0; n < ENTITIES; n += 1) {
      const id = String(index * 1_000_000 + Number(lsn) * ENTITIES + n);
      const row = { ...entityTuple(id), attributes: ATTRIBUTES };
      batch.add({ kind: 'upsert', lsn, version: changeVersion(lsn, n), previous: null, row });
      const audit = { tenant_id: row.tenant_id, at: row.created_at, audit_id: id, subject: 'bench' };
      const change = { entity_id: id, attribute_id: null, old_version: null, new_version: row.version };
      batch.add({ kind: 'audit', lsn, row: { ...audit, operation: 'CREATE_ENTITY', ...change } });
    }
    return batch.write();
  };
  const watermark = ({ sink, copyId }: Target): Promise<void> =>
    sink.advance(0n, { copyId, lsn, heartbeatAt: Number(lsn) }, 0);
  for (const [name, write] of Object.entries({ rows, watermark })) {
    for (const count of SHARDS) {
      const figures = { apart: new Rounds(), together: new Rounds() };
      for (let round = -WARM_UP; round < ROUNDS; round += 1) {
        for (const form of round % 2 === 0 ? (['apart', 'together'] as const) : (['together', 'apart'] as const)) {
          lsn += 1n;
          const work = () => Promise.all(targets[form].slice(0, count).map(write));
          await figures[form].measure(work, round >= 0);
        }
      }
      const [apart, together] = [figures.apart, figures.together];
      process.stdout.write(
        `${name} of ${count}: ${apart} apart, ${together} together (×${(together.cpuMs / apart.cpuMs).toFixed(2)}, ×${(together.ms / apart.ms).toFixed(2)})\n`,
      );
    }
  }
} finally {
  await database.close();
  rmSync(directory, { recursive: true, force: true });
}
process.exit();
