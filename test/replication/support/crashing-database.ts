import type { ClickHouseDatabase } from '../../../src/connections/clickhouse/clickhouse-database.ts';

/** ClickHouse with a hook around each of its inserts, counted from 1. */
export function aroundInserts(
  database: ClickHouseDatabase,
  hooks: { before?: (insert: number, table: string) => void | Promise<void>; after?: (insert: number) => void },
): ClickHouseDatabase {
  let inserts = 0;
  async function around(table: string, work: () => Promise<void>): Promise<void> {
    const insert = ++inserts;
    await hooks.before?.(insert, table);
    await work();
    hooks.after?.(insert);
  }
  return {
    query: (text, parameters) => database.query(text, parameters),
    command(text, parameters) {
      const work = () => database.command(text, parameters);
      const table = /^\s*INSERT INTO (\w+)/.exec(text)?.[1];
      return table === undefined ? work() : around(table, work);
    },
    serverChanges: 0,
    catchUp: (tables, given) => database.catchUp(tables, given),
    close: () => database.close(),
    insert: (table, rows) => around(table, () => database.insert(table, rows)),
    async insertLines(table, columns, chunks) {
      if (chunks.length > 0) await around(table, () => database.insertLines(table, columns, chunks));
    },
  };
}

interface Crash {
  readonly database: ClickHouseDatabase;
  readonly happened: () => boolean;
}

/** From one moment, just before or just after an insert, nothing gets through, as if the process had died there. */
export function crashingAt(database: ClickHouseDatabase, at: number, side: 'before' | 'after'): Crash {
  let dead = false;
  const die = () => {
    dead = true;
    throw new Error(`crashed ${side} insert ${at}`);
  };
  return {
    happened: () => dead,
    database: aroundInserts(database, {
      before: (insert) => {
        if (dead || (side === 'before' && insert === at)) die();
      },
      after: (insert) => {
        if (side === 'after' && insert === at) die();
      },
    }),
  };
}
