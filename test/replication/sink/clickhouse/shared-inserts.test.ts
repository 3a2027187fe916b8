import { describe, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../../../src/connections/clickhouse/clickhouse-database.ts';
import { SharedInserts } from '../../../../src/replication/sink/clickhouse/shared-inserts.ts';

const COLUMNS = ['shard', 'value'];
const KIB = 2 ** 10;

/** A ClickHouse that answers when the test lets it, and notes the lines of each statement. */
function noting() {
  const statements: { readonly table: string; readonly lines: string; end(error?: Error): void }[] = [];
  const database = {
    insertLines: (table: string, columns: readonly string[], chunks: readonly Buffer[]) => {
      expect(columns).toBe(COLUMNS);
      return new Promise<void>((resolve, reject) => {
        const end = (error?: Error) => (error === undefined ? resolve() : reject(error));
        statements.push({ table, lines: Buffer.concat(chunks).toString(), end });
      });
    },
  } as unknown as ClickHouseDatabase;
  return { database, statements, lines: () => statements.map(({ table, lines }) => `${table} ${lines}`) };
}

/** The next turn of the event loop, after what has been asked for before. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const lines = (...given: readonly string[]) => given.map((line) => Buffer.from(`${line}\n`));
/** @returns what became of it so far. */
function outcomeOf(insert: Promise<void>): () => string {
  let outcome = 'under way';
  insert.then(
    () => {
      outcome = 'written';
    },
    (error: Error) => {
      outcome = error.message;
    },
  );
  return () => outcome;
}

describe('rows of several shards', () => {
  it('that come at the same moment are one statement for each table, which ends them all', async () => {
    const { database, statements, lines: written } = noting();
    const [one, other] = [SharedInserts.of(database), SharedInserts.of(database)];
    const outcomes = [
      one.insertLines('entity_change', COLUMNS, lines('s0 a', 's0 b')),
      other.insertLines('entity_change', COLUMNS, lines('s1 c')),
      other.insertLines('audit', COLUMNS, lines('s1 d')),
    ].map(outcomeOf);
    await turn();
    expect(written()).toEqual(['entity_change s0 a\ns0 b\ns1 c\n', 'audit s1 d\n']);
    expect(outcomes.map((outcome) => outcome())).toEqual(['under way', 'under way', 'under way']);
    statements[0]?.end();
    await turn();
    expect(outcomes.map((outcome) => outcome())).toEqual(['written', 'written', 'under way']);
  });

  it('do not wait for a statement that is under way', async () => {
    const { database, lines: written } = noting();
    const inserts = SharedInserts.of(database);
    void inserts.insertLines('entity_change', COLUMNS, lines('s0 a'));
    await turn();
    void inserts.insertLines('entity_change', COLUMNS, lines('s1 b'));
    await turn();
    expect(written()).toEqual(['entity_change s0 a\n', 'entity_change s1 b\n']);
  });

  it('all fail with their statement: nobody knows which of them are there', async () => {
    const { database, statements } = noting();
    const inserts = SharedInserts.of(database);
    const outcomes = ['s0 a', 's1 b'].map((line) => outcomeOf(inserts.insertLines('audit', COLUMNS, lines(line))));
    await turn();
    statements[0]?.end(new Error('ClickHouse is down'));
    await turn();
    expect(outcomes.map((outcome) => outcome())).toEqual(['ClickHouse is down', 'ClickHouse is down']);
    expect(statements).toHaveLength(1);
  });

  it('share a statement of 256 KiB at most, and what is larger goes by itself at once', async () => {
    const { database, lines: written } = noting();
    const inserts = SharedInserts.of(database);
    const row = (size: number) => lines('x'.repeat(size - 1));
    void inserts.insertLines('entity_change', COLUMNS, row(257 * KIB));
    expect(written()).toHaveLength(1);
    for (const size of [150, 106, 1, 255, 2]) void inserts.insertLines('entity_change', COLUMNS, row(size * KIB));
    await turn();
    expect(written().map((statement) => (statement.length - 'entity_change '.length) / KIB)).toEqual([
      257, 256, 256, 2,
    ]);
  });
});
