import type { Fault } from './fault.ts';

const TABLES = ['entity', 'entity_attribute', 'replication_watermark'];
/** More than any disk has, so ClickHouse refuses every insert as it does on a full disk: NOT_ENOUGH_SPACE. */
const RESERVED_BYTES = 2n ** 60n;

/** The disk of ClickHouse is full: inserts fail, reads go on. */
export const clickhouseFull: Fault = {
  name: 'ClickHouse full',
  weight: 2,
  mixes: false,
  targets: ({ clickhouse }) => (clickhouse?.sql ? ['clickhouse'] : []),
  async inject(_target, { stack, hold }) {
    const run = stack.clickhouse?.sql;
    if (run === null || run === undefined) return;
    for (const table of TABLES) {
      await run(`ALTER TABLE ${table} MODIFY SETTING min_free_disk_bytes_to_perform_insert = ${RESERVED_BYTES}`);
    }
    try {
      await hold();
    } finally {
      for (const table of TABLES) {
        await run(`ALTER TABLE ${table} RESET SETTING min_free_disk_bytes_to_perform_insert`);
      }
    }
  },
};
