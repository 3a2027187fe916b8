/** What the audit adds to a write: `npx tsx bench/audit.ts [rounds]`. The same statement with and without it, in turns, in one run. */
import type { Statement } from '../src/connections/postgres/postgres-database.ts';
import { type UpsertRow, upsertStatement } from '../src/datasources/postgres/writing/upsert-statement.ts';
import type { AttributeDefinition } from '../src/domain/catalog/attribute.ts';
import { migrateShard } from '../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../src/migration/migration-files.ts';
import { FIXED_DEFINITIONS } from '../test/support/fixed-definitions.ts';
import { startScratchPostgres } from './support/scratch-postgres.ts';

const rounds = Number(process.argv[2] ?? 400);
const ENTITIES = 50_000;
const MAX_ENTITY_BYTES = 2 ** 20;
const print = (line: string) => process.stdout.write(`${line}\n`);

/** 1-4 text, 5-10 number; 11 and 12 are hot. */
const definitions = Array.from({ length: 12 }, (_, index): AttributeDefinition => {
  const id = index + 1;
  const now = new Date();
  return {
    ...{ id, tenantId: 0, key: `a${id}`, type: id <= 4 ? 'TEXT' : 'NUMBER', description: null, entityTypes: [] },
    ...{ filterable: true, exposed: false, hotColumn: id === 11 ? 'number_1' : id === 12 ? 'number_2' : null },
    ...{
      rules: {},
      access: {},
      keySalt: null,
      retiredAt: null,
      createdAt: now,
      updatedAt: now,
      version: 1,
      storage: {},
    },
  };
});

function rowOf(id: number, seed: number): UpsertRow {
  const set = definitions.map((attribute) => ({
    attribute,
    value: attribute.type === 'TEXT' ? `value ${attribute.id} of ${id} ${attribute.id === 1 ? seed : ''}` : id + seed,
  }));
  return { id: String(id), write: { id: String(id), type: 'user', set, remove: [], expectedVersion: null } };
}

const AUDITED = /, audited AS \([\s\S]*?CROSS JOIN clock\n\)/;

function statementFor(rows: readonly UpsertRow[], isAudited: boolean): Statement {
  const { name, text, values } = upsertStatement(
    { tenantId: 1, subject: 'auth0|5f7c8ec7c33c6c004bbafe82' },
    rows,
    MAX_ENTITY_BYTES,
    FIXED_DEFINITIONS.revision,
  );
  const statement = isAudited ? { text, values } : { text: text.replace(AUDITED, ''), values: values.slice(0, -1) };
  if (!isAudited && statement.text === text) throw new Error('The statement has no audit to leave out');
  return name === undefined ? statement : { ...statement, name: `${name} ${isAudited}` };
}

const server = await startScratchPostgres();
const primary = await server.database('audit', 1);

const quartile = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 4)] ?? Number.NaN;

async function measured(rows: readonly UpsertRow[], isAudited: boolean): Promise<{ ms: number; wal: number }> {
  const statement = statementFor(rows, isAudited);
  const position = async () =>
    Number(
      (await primary.query<{ at: string }>({ text: "SELECT pg_current_wal_insert_lsn() - '0/0' AS at", values: [] }))[0]
        ?.at,
    );
  const before = await position();
  const startedAt = performance.now();
  await primary.query(statement);
  const ms = performance.now() - startedAt;
  return { ms, wal: (await position()) - before };
}

let next = ENTITIES + 1;
async function compare(name: string, batch: number, isUpdate: boolean): Promise<void> {
  const found = {
    true: { ms: [] as number[], wal: [] as number[] },
    false: { ms: [] as number[], wal: [] as number[] },
  };
  for (let round = -10; round < rounds; round++) {
    for (const isAudited of round % 2 === 0 ? [true, false] : [false, true]) {
      const first = isUpdate ? 1 + Math.floor(Math.random() * (ENTITIES - batch)) : next;
      if (!isUpdate) next += batch;
      const rows = Array.from({ length: batch }, (_, index) => rowOf(first + index, round + 1_000 * Number(isAudited)));
      const { ms, wal } = await measured(rows, isAudited);
      if (round < 0) continue;
      found[`${isAudited}`].ms.push(ms);
      found[`${isAudited}`].wal.push(wal);
    }
  }
  const [withMs, withoutMs] = [quartile(found.true.ms), quartile(found.false.ms)];
  const [withWal, withoutWal] = [quartile(found.true.wal), quartile(found.false.wal)];
  print(
    `${name}: ${withoutMs.toFixed(3)} → ${withMs.toFixed(3)} ms (×${(withMs / withoutMs).toFixed(3)}), WAL ${withoutWal} → ${withWal} bytes (×${(withWal / withoutWal).toFixed(3)})`,
  );
}

try {
  await migrateShard(primary, readMigrations(migrationsDirectory('postgres')));
  for (let id = 1; id <= ENTITIES; id += 500) {
    await primary.query(
      statementFor(
        Array.from({ length: 500 }, (_, index) => rowOf(id + index, -1)),
        true,
      ),
    );
  }
  await primary.query({ text: 'VACUUM ANALYZE', values: [] });
  await compare('update of 1', 1, true);
  await compare('creation of 1', 1, false);
  await compare('update of 100', 100, true);
  await compare('creation of 100', 100, false);
} finally {
  await server.stop();
}
