/** What sharing the watermarks of ClickHouse saves its readers: `npx tsx bench/shared-watermarks.ts [entities] [rounds]`. CPU of the embedded engine and its client for each read. */
import { setMaxListeners } from 'node:events';
import { ClickHouseEntityReader } from '../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { count } from '../src/datasources/questions/count.ts';
import { MATCH_ALL } from '../src/domain/filter/filter.ts';
import { spreadOf } from './suite/spread.ts';
import { COPY_COLUMNS, COPY_VALUES, withLoadedClickHouse } from './support/loaded-clickhouse.ts';

const ENTITIES = Number(process.argv[2] ?? 200_000);
const ROUNDS = Number(process.argv[3] ?? 40);
const WARM_UP = 5;
const CLUSTER_ID = 'c0000000-0000-4000-8000-000000000000';
const KNOWN_FOR_MS = 100;
const AT_ONCE = [1, 2, 6, 16];

const question = count({ tenantId: 1, type: null, filter: MATCH_ALL });
const { signal } = new AbortController();
setMaxListeners(0, signal);

await withLoadedClickHouse(
  CLUSTER_ID,
  async (database) => {
    for (const table of ['entity', 'entity_attribute']) {
      await database.command(`INSERT INTO ${table} (tenant_id, entity_id, shard, copy_id, lsn, row_version, is_deleted)
        SELECT 0, 0, 's0', 1, 0, 0, 1`);
    }
    await database.command(`INSERT INTO entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes, ${COPY_COLUMNS})
      SELECT 1, number + 1, 'thing', 1, now64(), now64(), '{}', ${COPY_VALUES} FROM numbers(${ENTITIES})`);
  },
  async (reader, database) => {
    const alone = () => new ClickHouseEntityReader(database, ['s0']).ask(question, signal);
    const shared = () => reader.ask(question, signal, KNOWN_FOR_MS);
    const forms = { alone, shared };
    for (const atOnce of AT_ONCE) {
      const cpu: Record<keyof typeof forms, number[]> = { alone: [], shared: [] };
      const took: Record<keyof typeof forms, number[]> = { alone: [], shared: [] };
      for (let round = -WARM_UP; round < ROUNDS; round += 1) {
        for (const form of round % 2 === 0 ? (['alone', 'shared'] as const) : (['shared', 'alone'] as const)) {
          const [before, startedAt] = [process.cpuUsage(), performance.now()];
          await Promise.all(Array.from({ length: atOnce }, forms[form]));
          const ms = performance.now() - startedAt;
          const { user, system } = process.cpuUsage(before);
          if (round < 0) continue;
          cpu[form].push((user + system) / 1_000 / atOnce);
          took[form].push(ms);
        }
      }
      const of = (figures: typeof cpu, form: keyof typeof forms) => spreadOf(figures[form]).median.toFixed(1);
      process.stdout.write(
        `${String(atOnce).padStart(3)} at once: CPU of each ${of(cpu, 'alone')} → ${of(cpu, 'shared')} ms; all of them take ${of(took, 'alone')} → ${of(took, 'shared')} ms\n`,
      );
    }
  },
);
process.exit();
