import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClickHouseDatabase, ClickHouseParameters } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { DirectoryStore } from '../../src/connections/objects/directory-store.ts';
import { EntityEraser } from '../../src/datasources/postgres/erasing/entity-eraser.ts';
import {
  eraseDefinitions,
  eraseTenantFromShard,
  retireDefinitions,
  tenantErasure,
} from '../../src/datasources/postgres/erasing/tenant-eraser.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { HistoryArchive } from '../../src/replication/archive/history-archive.ts';
import { ErasureRemoval } from '../../src/replication/upkeep/erasure-removal.ts';
import { ShardMap } from '../../src/sharding/shard-map.ts';
import { authorOf } from '../support/author.ts';
import { primaryPool } from '../support/postgres-pools.ts';
import { cleanUpQuickly } from '../support/quick-cleanup.ts';
import { temporaryDirectory } from '../support/run-directory.ts';
import { recorder } from './support/log-recorder.ts';
import { caughtUp, expectEqualStores, put, putMany, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';
import { lookupOf, TEST_ATTRIBUTES } from './support/test-attributes.ts';

const SECRET = 'only in the erased entity';
const CLEANUP = { timeout: 20_000, interval: 100 };
const TABLES = ['entity', 'entity_attribute'];

describe('an entity that is erased', () => {
  let shard: ReplicatedShard;
  let serve: ReturnType<typeof primaryPool>;
  let replicate: ReturnType<typeof primaryPool>;
  let eraser: EntityEraser;

  beforeAll(async () => {
    shard = await startReplicatedShard();
    serve = primaryPool(shard.endpoints, { actAs: 'atlas_serve', size: 8 });
    replicate = primaryPool(shard.endpoints, { actAs: 'atlas_replicate', size: 2 });
    eraser = new EntityEraser(new ShardMap([shard.endpoints], { kind: 'hash' }), [serve]);
    await cleanUpQuickly(shard.clickhouse);
  });
  beforeEach(() => shard.reset());
  afterEach(() => shard.sql('TRUNCATE atlas.erasure, atlas.audit'));
  afterAll(async () => {
    await Promise.all([serve?.close(), replicate?.close()]);
    await shard?.stop();
  });

  const removal = (graceMs = 0, logger = pino({ level: 'silent' })) =>
    new ErasureRemoval({
      ...{ shard: 's0', primary: replicate, clickhouse: shard.clickhouse },
      ...{ archive: null, periodMs: 50, graceMs, logger },
    });
  const streamed = (upkeep = [removal()]) => shard.replicator({ upkeep });
  /** Every row that the tables have of the entity, whatever its version, with what is merged away later. */
  const traces = async (id: number, tenant = 1) => {
    const counts = await Promise.all(
      TABLES.map((table) =>
        shard.clickhouse.query<{ rows: string }>(
          `SELECT count() AS rows FROM ${table} WHERE tenant_id = ${tenant} AND entity_id = ${id}`,
        ),
      ),
    );
    return counts.flat().reduce((sum, { rows }) => sum + Number(rows), 0);
  };
  /** As the files of ClickHouse have it, those included that are not read any more. */
  const replacedParts = () =>
    shard.clickhouse.query(
      `SELECT name FROM system.parts WHERE database = currentDatabase() AND table IN ('entity', 'entity_attribute', 'entity_change') AND NOT active`,
    );
  /** That it was erased stays known. */
  const historyOf = (id: number) =>
    shard.clickhouse.query(
      `SELECT operation, concat(toString(before), toString(after)) AS values FROM entity_change WHERE tenant_id = 1 AND entity_id = ${id}`,
    );
  const state = async (id: string) => {
    const [newest] = await eraser.list(1, id, 1);
    return newest;
  };
  const completed = (id: string) =>
    vi.waitFor(async () => {
      await shard.beat();
      expect((await state(id))?.completedAt).not.toBeNull();
    }, CLEANUP);
  const removed = (id: string) =>
    vi.waitFor(async () => {
      await shard.beat();
      expect((await state(id))?.removedAt).not.toBeNull();
    }, WAIT);

  it('is gone from Postgres at once, and from ClickHouse with all versions, tombstones and files', async () => {
    await putMany(shard, 10, 40);
    await streamed();
    for (let version = 0; version < 3; version++) await put(shard, 1, { '1': `${SECRET} ${version}`, '2': version });
    await caughtUp(shard);
    const { erasure } = await eraser.erase(authorOf(1), '1');
    expect(erasure).toMatchObject({ entities: 1, isGoneFromShard: true, removedAt: null, completedAt: null });
    expect(await shard.sql('SELECT FROM atlas.entity WHERE tenant_id = 1 AND entity_id = 1')).toEqual([]);
    expect(await shard.sql('SELECT FROM atlas.entity_attribute WHERE tenant_id = 1 AND entity_id = 1')).toEqual([]);
    await completed('1');
    expect(await traces(1)).toBe(0);
    expect(await replacedParts()).toEqual([]);
    const found = await shard.clickhouse.query(`SELECT 1 FROM entity WHERE attributes LIKE '%${SECRET}%'`);
    expect(found).toEqual([]);
    expect(await historyOf(1)).toEqual([{ operation: 'ERASED', values: '[][]' }]);
    expect((await state('1'))?.clickhouseRows).toBeGreaterThan(0);
    await caughtUp(shard);
    await expectEqualStores(shard);
  });

  it('is gone from the archive of the history, too, and the erasure is not complete before', async () => {
    const home = temporaryDirectory('archive');
    const directory = join(home, 'mounted');
    const archive = new HistoryArchive({
      ...{ store: new DirectoryStore(directory), shard: 's0', clickhouse: shard.clickhouse, clock: systemClock },
      attributes: lookupOf(TEST_ATTRIBUTES),
    });
    const upkeep = new ErasureRemoval({
      ...{ shard: 's0', primary: replicate, clickhouse: shard.clickhouse, archive, periodMs: 50, graceMs: 0 },
      logger: pino({ level: 'silent' }),
    });
    await streamed([upkeep]);
    await caughtUp(shard);
    await put(shard, 1, { '1': SECRET });
    await put(shard, 2, { '1': 'stays' });
    await caughtUp(shard);
    mkdirSync(directory);
    const month = 100 * new Date().getUTCFullYear() + new Date().getUTCMonth() + 1;
    await archive.keep(1, month, (await shard.sink.position())?.lsn ?? 0n, new AbortController().signal);
    const archived = async () => {
      const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
      const files = names
        .filter((name) => name.endsWith('.parquet'))
        .map((name) => readFileSync(join(directory, name)));
      const rows = await Promise.all(
        files.map((bytes) =>
          parquetReadObjects({
            file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
            compressors,
          }),
        ),
      );
      return rows.flat().map(({ entity_id }) => entity_id);
    };
    expect(await archived()).toEqual([1n, 2n]);
    renameSync(directory, `${directory}.away`);
    await eraser.erase(authorOf(1), '1');
    // ClickHouse has lost it, and the archive does not answer.
    await vi.waitFor(async () => {
      await shard.beat();
      expect(await traces(1)).toBe(0);
      expect((await state('1'))?.clickhouseRows).toBeGreaterThan(0);
    }, WAIT);
    expect((await state('1'))?.removedAt).toBeNull();
    renameSync(`${directory}.away`, directory);
    await removed('1');
    expect(await archived()).toEqual([2n]);
    rmSync(home, { recursive: true });
  });

  it('does not wait for the archive of another tenant', async () => {
    const asked: unknown[] = [];
    const archive: Pick<HistoryArchive, 'erase'> = {
      erase: async (erased) => {
        asked.push(...erased);
        if (erased.some(({ tenantId }) => tenantId === 1)) throw new Error('The set of tenant 1 is broken');
      },
    };
    await put(shard, 1, { '1': SECRET });
    await put(shard, 1, { '1': SECRET }, 2);
    await streamed([
      new ErasureRemoval({
        ...{ shard: 's0', primary: replicate, clickhouse: shard.clickhouse, archive, periodMs: 50, graceMs: 0 },
        logger: pino({ level: 'silent' }),
      }),
    ]);
    await caughtUp(shard);
    const before = Date.now();
    await eraser.erase(authorOf(1), '1');
    await eraser.erase(authorOf(2), '1');
    await vi.waitFor(async () => {
      await shard.beat();
      const [ofOther] = await eraser.list(2, '1', 1);
      expect(ofOther?.removedAt).not.toBeNull();
      expect(await traces(1)).toBe(0);
    }, WAIT);
    expect((await state('1'))?.removedAt).toBeNull();
    expect(asked).toContainEqual(expect.objectContaining({ tenantId: 2, entityId: '1' }));
    for (const one of asked as { requestedAt: number }[])
      expect(Math.abs(one.requestedAt - before)).toBeLessThan(60_000);
  });

  it('keeps its tombstones until no version is left, since parts lose their rows one by one', async () => {
    await shard.clickhouse.command('SYSTEM STOP MERGES');
    const removals: { table: string; tombstones: number; versions: number }[] = [];
    const query = shard.clickhouse.query.bind(shard.clickhouse);
    const observed = Object.assign(Object.create(shard.clickhouse) as ClickHouseDatabase, {
      query,
      command: async (text: string, parameters?: ClickHouseParameters) => {
        const [, table = '', condition = 'false'] =
          /ALTER TABLE (\w+) DELETE WHERE ([\s\S]*) SETTINGS/.exec(text) ?? [];
        // The history has no tombstones.
        const counts = TABLES.includes(table)
          ? await query<{ tombstones: string; versions: string }>(
              `SELECT (SELECT count() FROM ${table} WHERE is_deleted = 1 AND ${condition}) AS tombstones,
                (SELECT count() FROM ${table} WHERE tenant_id = 1 AND entity_id = 1 AND is_deleted = 0) AS versions`,
              parameters,
            )
          : [];
        for (const { tombstones, versions } of counts) {
          removals.push({ table, tombstones: Number(tombstones), versions: Number(versions) });
        }
        await shard.clickhouse.command('SYSTEM START MERGES');
        await shard.clickhouse.command(text, parameters);
        await shard.clickhouse.command('SYSTEM STOP MERGES');
      },
    });
    const options = { shard: 's0', primary: replicate, clickhouse: observed, archive: null, periodMs: 50, graceMs: 0 };
    await streamed([new ErasureRemoval({ ...options, logger: pino({ level: 'silent' }) })]);
    await put(shard, 1, { '1': SECRET });
    await caughtUp(shard);
    await eraser.erase(authorOf(1), '1');
    await removed('1');
    await shard.clickhouse.command('SYSTEM START MERGES');
    for (const table of TABLES) {
      const seen = removals.filter((removal) => removal.table === table);
      expect(seen[0]?.versions).toBeGreaterThan(0);
      expect(seen.filter(({ tombstones, versions }) => tombstones > 0 && versions > 0)).toEqual([]);
      expect(seen.at(-1)?.tombstones).toBeGreaterThan(0);
    }
    expect(await traces(1)).toBe(0);
  });

  it('leaves who erased it in the audit, and no values', async () => {
    await put(shard, 1, { '1': SECRET });
    await eraser.erase({ tenantId: 1, subject: 'ann' }, '1');
    expect(await shard.sql('SELECT subject, operation, entity_id, old_version, new_version FROM atlas.audit')).toEqual([
      { subject: 'ann', operation: 'ERASE_ENTITY', entity_id: '1', old_version: '1', new_version: null },
    ]);
  });

  it('may have been deleted before: what is left of it goes too', async () => {
    await streamed();
    await put(shard, 1, { '1': SECRET });
    await caughtUp(shard);
    await shard.sql('DELETE FROM atlas.entity WHERE tenant_id = 1 AND entity_id = 1');
    await caughtUp(shard);
    expect(await traces(1)).toBeGreaterThan(0);
    const { erasure } = await eraser.erase(authorOf(1), '1');
    expect(erasure).toMatchObject({ entities: 0, isGoneFromShard: true });
    await removed('1');
    expect(await traces(1)).toBe(0);
  });

  it('takes neither another tenant nor the entity that is created with its id afterwards along', async () => {
    const replicator = await streamed([removal(1_500)]);
    await put(shard, 1, { '1': SECRET });
    await put(shard, 1, { '1': 'of another tenant' }, 2);
    await caughtUp(shard);
    await eraser.erase(authorOf(1), '1');
    await put(shard, 1, { '1': 'new' });
    await shard.sql('DELETE FROM atlas.entity WHERE tenant_id = 1 AND entity_id = 1');
    await put(shard, 1, { '1': 'newest' });
    await removed('1');
    await caughtUp(shard);
    await expectEqualStores(shard);
    expect(replicator.state().lastError).toBeNull();
    expect(await shard.clickhouse.query(`SELECT 1 FROM entity WHERE attributes LIKE '%${SECRET}%'`)).toEqual([]);
    expect(await traces(1, 2)).toBe(2);
  });

  it('waits for whoever is creating it, and erases that too', async () => {
    await streamed();
    const creating = primaryPool(shard.endpoints, { size: 1 });
    let erased: Promise<unknown> = Promise.resolve();
    try {
      await creating.transaction(async (session) => {
        await session.query({
          text: `INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
            VALUES (1, 1, 'thing', 1, now(), now(), '{}')`,
          values: [],
        });
        erased = eraser.erase(authorOf(1), '1');
        await vi.waitFor(async () => {
          const waiting = await shard.sql("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
          expect(waiting).toHaveLength(1);
        }, WAIT);
      });
    } finally {
      await creating.close();
    }
    expect(await erased).toMatchObject({ erasure: { entities: 1 } });
    await removed('1');
    expect(await traces(1)).toBe(0);
  });

  it('is removed after an interruption too: by whoever streams the shard next', async () => {
    const first = await streamed([]);
    await put(shard, 1, { '1': SECRET });
    await caughtUp(shard);
    await eraser.erase(authorOf(1), '1');
    await first.stop();
    await streamed();
    await removed('1');
    expect(await traces(1)).toBe(0);
  });

  it('stays hidden while a write of an earlier position may arrive, and is removed again if one arrives later', async () => {
    const { logger, lines } = recorder();
    await streamed([removal(1_000, logger)]);
    await put(shard, 1, { '1': SECRET });
    await caughtUp(shard);
    const [late] = await shard.clickhouse.query<Record<string, unknown>>('SELECT * FROM entity WHERE entity_id = 1');
    if (late === undefined) throw new Error('The entity has not arrived');
    await eraser.erase(authorOf(1), '1');
    await caughtUp(shard);
    await shard.clickhouse.insert('entity', [late]);
    expect(await shard.clickhouse.query('SELECT 1 FROM entity FINAL WHERE entity_id = 1 AND is_deleted = 0')).toEqual(
      [],
    );
    await removed('1');
    expect(await traces(1)).toBe(0);
    await shard.clickhouse.insert('entity', [late]);
    await vi.waitFor(
      () => expect(lines.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('came back')),
      WAIT,
    );
    expect(await traces(1)).toBe(0);
  });

  it('is complete at once where no copy in ClickHouse follows the shard', async () => {
    await shard.sql('UPDATE atlas.shard SET cdc_publication = NULL');
    await put(shard, 1, { '1': SECRET });
    const { erasure } = await eraser.erase(authorOf(1), '1');
    expect(erasure.completedAt).not.toBeNull();
  });

  it('may be a whole tenant, which is erased in batches, and leaves the others alone', async () => {
    await putMany(shard, 1, 3_300);
    // As long as the lists of fifty entities.
    await shard.sql(`INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_number, value_list)
      SELECT 2, min(entity_id) + 3, 9, 50000, '[]' FROM atlas.entity WHERE tenant_id = 2`);
    await streamed();
    await caughtUp(shard);
    const { signal } = new AbortController();
    const seen: number[] = [];
    const erasure = await eraseTenantFromShard(serve, authorOf(2), (entities) => seen.push(entities), signal);
    expect(erasure).toMatchObject({ entityId: null, entities: 1_100, isGoneFromShard: true, completedAt: null });
    expect(seen).toEqual([2, 1_002, 1_100]);
    await put(shard, 5_000, { '1': 'written afterwards' }, 2);
    await vi.waitFor(async () => {
      await shard.beat();
      expect((await tenantErasure(serve, 2))?.removedAt).not.toBeNull();
    }, WAIT);
    await caughtUp(shard);
    await expectEqualStores(shard);
    const rows = 'SELECT count() AS rows FROM entity WHERE tenant_id = 2';
    expect(await shard.clickhouse.query(rows)).toEqual([{ rows: '1' }]);
    expect(await shard.sql("SELECT tenant_id, subject FROM atlas.audit WHERE operation = 'ERASE_TENANT'")).toEqual([
      { tenant_id: 2, subject: 'tester' },
    ]);
  });

  it('may be a whole tenant whose erasure was interrupted: it is continued', async () => {
    await putMany(shard, 1, 4_500);
    const stopping = new AbortController();
    const interrupted = eraseTenantFromShard(
      serve,
      authorOf(2),
      () => stopping.abort(new Error('enough')),
      stopping.signal,
    );
    await expect(interrupted).rejects.toThrow();
    const half = await tenantErasure(serve, 2);
    expect(half).toMatchObject({ isGoneFromShard: false });
    const { signal } = new AbortController();
    const whole = await eraseTenantFromShard(serve, authorOf(2), () => {}, signal);
    expect(whole).toMatchObject({ id: half?.id, entities: 1_500, isGoneFromShard: true });
    expect(await shard.sql('SELECT FROM atlas.entity WHERE tenant_id = 2 LIMIT 1')).toEqual([]);
  });

  it('may be a tenant whose definitions go last, once the rest is gone', async () => {
    await shard.sql(`INSERT INTO atlas.attribute_definition (attribute_id, tenant_id, key, type)
      VALUES (901, 2, 'own', 'TEXT'), (902, 3, 'other', 'TEXT'), (903, 0, 'shared', 'TEXT')`);
    await shard.sql(
      "INSERT INTO atlas.entity_type (tenant_id, type, description) VALUES (2, 'own', 'x'), (3, 'other', 'y')",
    );
    const types = () => shard.sql('SELECT type, description FROM atlas.entity_type ORDER BY type');
    const other = { type: 'other', description: 'y' };
    try {
      await shard.sql('UPDATE atlas.shard SET cdc_publication = NULL');
      expect(await retireDefinitions(serve, 2)).toBe(1);
      expect(await types()).toEqual([other, { type: 'own', description: null }]);
      expect(await eraseDefinitions(serve, 2)).toBe(0);
      await eraseTenantFromShard(serve, authorOf(2), () => {}, new AbortController().signal);
      expect(await eraseDefinitions(serve, 2)).toBe(1);
      expect(await types()).toEqual([other]);
      expect(await shard.sql('SELECT key FROM atlas.attribute_definition ORDER BY key')).toEqual([
        { key: 'other' },
        { key: 'shared' },
      ]);
    } finally {
      await shard.sql('DELETE FROM atlas.attribute_definition');
      await shard.sql('DELETE FROM atlas.entity_type');
    }
  });
});
