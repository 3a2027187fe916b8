// Measures the cost of layout choices: runs the same statements on databases that differ in one choice each, in turns on one
// server. Absolute figures depend on the machine and its load; compare rows. Usage: npx tsx bench/storage-variants.ts
import type { PostgresPool } from '../src/connections/postgres/postgres-pool.ts';
import type { EntityWrite } from '../src/datasources/entity-writer.ts';
import { PostgresEntityWriter } from '../src/datasources/postgres/writing/postgres-entity-writer.ts';
import { systemClock } from '../src/lib/clock.ts';
import { migrateShard } from '../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../src/migration/migration-files.ts';
import { ShardMap } from '../src/sharding/shard-map.ts';
import { authorOf } from '../test/support/author.ts';
import { FIXED_DEFINITIONS } from '../test/support/fixed-definitions.ts';
import { HOT, randomEntity, randomValue, seededRandom, skewedTenant, TAIL } from './support/bench-entities.ts';
import { startScratchPostgres } from './support/scratch-postgres.ts';

/** Warm-up rounds, not counted, until the tables are large enough for stable plans. */
const WARM_UP = 20;
const ROUNDS = 25;
const BATCH = 500;
const PARTITIONS = 8;

/** Each variant changes the migrated schema. */
const VARIANTS: Readonly<Record<string, string>> = {
  as_it_is: '',
  unpartitioned: unpartitioned(),
  identity_default: alterPartitions('REPLICA IDENTITY DEFAULT'),
  no_updated_at_index: 'DROP INDEX atlas.entity_by_updated_at',
  no_trigrams: 'DROP INDEX atlas.entity_attribute_by_trigrams',
};

function alterPartitions(change: string): string {
  return Array.from({ length: PARTITIONS }, (_, n) => `ALTER TABLE atlas.entity_p${n} ${change}`).join(';');
}

/** The same tables, indexes and settings, without partitions. */
function unpartitioned(): string {
  const recreate = (table: string) => `
    CREATE TABLE atlas.${table}_whole (LIKE atlas.${table} INCLUDING ALL);
    DROP TABLE atlas.${table};
    ALTER TABLE atlas.${table}_whole RENAME TO ${table};`;
  return `DROP PUBLICATION atlas_cdc; ${recreate('entity')} ${recreate('entity_attribute')}
    ALTER TABLE atlas.entity REPLICA IDENTITY FULL;
    CREATE PUBLICATION atlas_cdc FOR TABLE atlas.entity, atlas.shard`;
}

interface Sample {
  readonly ms: number;
  readonly walBytes: number;
}

class Variant {
  readonly samples = new Map<string, Sample[]>();
  readonly writer: PostgresEntityWriter;
  readonly random = seededRandom(7);
  readonly ids = new Map<number, string[]>();
  next = 1;

  constructor(readonly database: PostgresPool) {
    const shard = { id: 's0', primary: '', replicas: [] };
    this.writer = new PostgresEntityWriter(
      new ShardMap([shard], { kind: 'hash' }),
      [database],
      systemClock,
      {
        maxEntityBytes: 8_388_608,
      },
      FIXED_DEFINITIONS,
    );
  }

  async measure(operation: string, work: () => Promise<unknown>): Promise<void> {
    const before = await this.#walPosition();
    const started = performance.now();
    await work();
    const sample = { ms: performance.now() - started, walBytes: (await this.#walPosition()) - before };
    const samples = this.samples.get(operation);
    if (samples === undefined) this.samples.set(operation, [sample]);
    else samples.push(sample);
  }

  async upsert(tenant: number, writes: readonly EntityWrite[]): Promise<void> {
    const { outcome } = await this.writer.upsert(authorOf(tenant), writes);
    for (const row of outcome) if (row.status === 'FAILED') throw row.error;
  }

  async round(): Promise<void> {
    const tenant = skewedTenant(this.random);
    const created = Array.from({ length: BATCH }, () => randomEntity(this.next++, this.random));
    await this.measure(`create ${BATCH}`, () => this.upsert(tenant, created));
    const ids = [...(this.ids.get(tenant) ?? []), ...created.map(({ id }) => id ?? '')];
    this.ids.set(tenant, ids);
    const some = (count: number) => {
      const first = this.random(ids.length);
      return Array.from({ length: count }, (_, n) => ids[(first + n * 3) % ids.length] ?? '');
    };
    const change = (id: string, attribute: (typeof HOT)[number] | undefined): EntityWrite => ({
      id,
      type: 'user',
      set: attribute === undefined ? [] : [{ attribute, value: randomValue(attribute.type, this.random) }],
      remove: [],
      expectedVersion: null,
    });
    await this.measure('update 100, one hot number', () =>
      this.upsert(
        tenant,
        some(100).map((id) => change(id, HOT[2])),
      ),
    );
    await this.measure('update 100, one of the tail', () =>
      this.upsert(
        tenant,
        some(100).map((id) => change(id, TAIL[1])),
      ),
    );
    await this.measure('update 1, one of the tail', () =>
      this.upsert(
        tenant,
        some(1).map((id) => change(id, TAIL[1])),
      ),
    );
    await this.measure('read 100 by id', () =>
      this.database.query({
        name: 'read',
        text: 'SELECT * FROM atlas.entity WHERE tenant_id = $1 AND entity_id = ANY($2::bigint[])',
        values: [tenant, some(100)],
      }),
    );
  }

  async settle(): Promise<void> {
    await this.database.query({ text: 'VACUUM ANALYZE', values: [] });
    this.samples.clear();
  }

  async hotShare(): Promise<number> {
    const [row] = await this.database.query<{ share: number }>({
      text: `SELECT sum(n_tup_hot_upd)::float8 / sum(n_tup_upd) AS share
        FROM pg_stat_user_tables WHERE relname ~ '^entity(_p[0-9])?$'`,
      values: [],
    });
    return row?.share ?? 0;
  }

  async #walPosition(): Promise<number> {
    const [row] = await this.database.query<{ position: string }>({
      text: "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text AS position",
      values: [],
    });
    return Number(row?.position);
  }
}

/** The lower quartile, which other load on the machine affects least. */
function quartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2] ?? 0;
}

const server = await startScratchPostgres();
try {
  const variants = new Map<string, Variant>();
  for (const [name, change] of Object.entries(VARIANTS)) {
    const database = await server.database(name, 2);
    await migrateShard(database, readMigrations(migrationsDirectory('postgres')));
    if (change !== '') await database.query({ text: change, values: [] });
    variants.set(name, new Variant(database));
  }
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const variant of variants.values()) await variant.round();
    if (round === WARM_UP) for (const variant of variants.values()) await variant.settle();
  }
  for (const operation of variants.get('as_it_is')?.samples.keys() ?? []) {
    process.stdout.write(`\n${operation}\n`);
    for (const [name, { samples }] of variants) {
      const taken = samples.get(operation) ?? [];
      const ms = quartile(taken.map((sample) => sample.ms)).toFixed(2);
      const walBytes = Math.round(quartile(taken.map((sample) => sample.walBytes)));
      process.stdout.write(`  ${name.padEnd(22)} ${ms.padStart(8)} ms ${String(walBytes).padStart(9)} bytes of WAL\n`);
    }
  }
  process.stdout.write('\nshare of updates that touch no index (HOT)\n');
  for (const [name, variant] of variants) {
    process.stdout.write(`  ${name.padEnd(22)} ${(await variant.hotShare()).toFixed(2)}\n`);
  }
} finally {
  await server.stop();
}
