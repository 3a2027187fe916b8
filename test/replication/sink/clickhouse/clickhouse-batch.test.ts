import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../../../src/connections/clickhouse/clickhouse-database.ts';
import { SeededRandom } from '../../../../src/importing/sample-data/seeded-random.ts';
import { changeVersion } from '../../../../src/replication/change.ts';
import type { SinkBatch } from '../../../../src/replication/sink/change-sink.ts';
import { ClickHouseSink } from '../../../../src/replication/sink/clickhouse/clickhouse-sink.ts';
import { entityTuple } from '../../../datasources/support/entity-tuple.ts';
import { KEEP_COPIES } from '../../../support/clickhouse.ts';
import { lookupOf, TEST_ATTRIBUTES } from '../../support/test-attributes.ts';

const TABLES = ['entity_change', 'audit', 'entity_attribute', 'entity'];

/** One statement: a table, and the shards whose rows it has. */
type Insert = (table: string, shards: readonly string[]) => Promise<void>;

/** @param shard `s` and a digit. */
function batchOf(clickhouse: ClickHouseDatabase, shard: string): SinkBatch {
  const sink = new ClickHouseSink({ clickhouse, shard, attributes: lookupOf(TEST_ATTRIBUTES), ...KEEP_COPIES });
  const batch = sink.batch(1n, 'stream');
  const row = { ...entityTuple('1'), attributes: '{"1":"a text"}' };
  batch.add({ kind: 'upsert', lsn: 5n, version: changeVersion(5n, 0), previous: null, row });
  const audit = { tenant_id: '1', at: row.created_at, audit_id: '1', subject: 'me', operation: 'CREATE_ENTITY' };
  const changed = { entity_id: '1', attribute_id: null, old_version: null, new_version: '1' };
  batch.add({ kind: 'audit', lsn: 5n, row: { ...audit, ...changed } });
  return batch;
}

const through = (insert: Insert) =>
  ({
    insertLines: (table: string, _columns: readonly string[], chunks: readonly Buffer[]) =>
      insert(
        table,
        Buffer.concat(chunks)
          .toString()
          .match(/\bs\d\b/g) ?? [],
      ),
  }) as ClickHouseDatabase;

describe('the batches of several shards', () => {
  it('share the statements for what is partitioned by month, until one fails', async () => {
    const written: string[] = [];
    let failures = 1;
    const clickhouse = through(async (table, shards) => {
      written.push(`${table} ${shards}`);
      if (table === 'audit' && failures-- > 0) throw new Error('ClickHouse is down');
    });
    const batches = ['s0', 's1'].map((shard) => batchOf(clickhouse, shard));
    const results = await Promise.allSettled(batches.map((batch) => batch.write()));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(written.sort()).toEqual([
      'audit s0,s1',
      'entity_attribute s0',
      'entity_attribute s1',
      'entity_change s0,s1',
    ]);
    written.length = 0;
    await Promise.all(batches.map((batch) => batch.write()));
    expect(written.sort()).toEqual(['s0', 's1'].flatMap((shard) => TABLES.map((table) => `${table} ${shard}`)).sort());
    written.length = 0;
    await Promise.all(['s0', 's1'].map((shard) => batchOf(clickhouse, shard).write()));
    expect(written.filter((statement) => statement.endsWith('s0,s1'))).toHaveLength(2);
  });

  it('are written when all of their rows are, the entities last, and fail when nothing of theirs is under way', async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = new SeededRandom(seed);
      const [stored, underWay] = [new Set<string>(), new Map<string, number>()];
      const refused = `s${random.below(5)}`;
      const clickhouse = through(async (table, shards) => {
        for (const shard of shards) {
          if (table === 'entity')
            expect(TABLES.filter((other) => !stored.has(`${other} ${shard}`))).toEqual(['entity']);
          underWay.set(shard, (underWay.get(shard) ?? 0) + 1);
        }
        for (let turns = random.below(5); turns > 0; turns -= 1) await turn();
        for (const shard of shards) underWay.set(shard, (underWay.get(shard) ?? 0) - 1);
        if (random.next() < 0.15 || (shards.includes(refused) && table === 'audit')) throw new Error('refused');
        for (const shard of shards) stored.add(`${table} ${shard}`);
      });
      const writing = [0, 1, 2, 3, 4].map(async (n) => {
        const [shard, batch] = [`s${n}`, batchOf(clickhouse, `s${n}`)];
        for (let attempt = 0; attempt < 20; attempt += 1) {
          const isWritten = await batch.write().then(
            () => true,
            () => false,
          );
          expect(underWay.get(shard)).toBe(0);
          if (!isWritten) continue;
          expect(TABLES.filter((table) => !stored.has(`${table} ${shard}`))).toEqual([]);
          return;
        }
        expect(shard).toBe(refused);
      });
      await Promise.all(writing);
    }
  });
});
