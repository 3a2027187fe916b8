import { describe, expect, it } from 'vitest';
import { readProjectFile } from '../deployment/support/compose-file.ts';

const ENTITIES = 200e6;
const VALUES = 12;
const VALUES_PER_SECOND = 10_000;

const capacity = readProjectFile('docs/capacity.md');
const performance = readProjectFile('docs/performance.md');

/** Every number of a row of a table, by what the row begins with. */
function rowOf(text: string, beginning: string): readonly number[] {
  const line = text.split('\n').find((one) => one.startsWith(`| ${beginning}`));
  return [...(line ?? '').slice(beginning.length + 2).matchAll(/\d[\d,]*(?:\.\d+)?/g)].map(([number]) =>
    Number(number.replaceAll(',', '')),
  );
}

const [rows = 0] = rowOf(performance, 'tables in Postgres, with the audit');
const [indexes = 0] = rowOf(performance, 'indexes in Postgres');
const [wal = 0] = rowOf(performance, 'WAL, without full pages');
const [clickhouse = 0] = rowOf(performance, 'ClickHouse, all tables');

describe('docs/capacity.md', () => {
  it('has the bytes of an entity that were measured', () => {
    expect([rows, indexes, wal, clickhouse].every((bytes) => bytes > 0)).toBe(true);
    expect(rowOf(capacity, 'rows in Postgres')[0]).toBe(rows);
    expect(rowOf(capacity, 'indexes in Postgres')[0]).toBe(indexes);
    expect(rowOf(capacity, 'WAL when it is created')[0]).toBe(wal);
    expect(rowOf(capacity, 'ClickHouse |')[0]).toBe(clickhouse);
    expect(capacity).toContain(`${clickhouse} × 200 million = ${Math.round((clickhouse * ENTITIES) / 1e9)} GB`);
  });

  it.each([5, 10, 20])('multiplies them right for %i shards', (shards) => {
    const [audit = 0] = rowOf(capacity, "each write's entry in the audit");
    const writes = VALUES_PER_SECOND / VALUES / shards;
    const gigabytes = (bytes: number) => Math.round(bytes / 1e9);
    expect(rowOf(capacity, `${shards} |`)).toEqual([
      ENTITIES / shards / 1e6,
      gigabytes(((rows + indexes) * ENTITIES) / shards),
      gigabytes((indexes * ENTITIES) / shards),
      Number(((writes * wal) / 1e6).toFixed(2)),
      gigabytes(writes * audit * 365 * 86_400),
    ]);
  });
});
