import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  ClickHouseDatabase,
  ClickHouseParameters,
} from '../../../src/connections/clickhouse/clickhouse-database.ts';
import { DirectoryStore } from '../../../src/connections/objects/directory-store.ts';
import { type ObjectStore, ObjectStoreError } from '../../../src/connections/objects/object-store.ts';
import { openObjectStore } from '../../../src/connections/objects/open-object-store.ts';
import { ClickHouseEntityReader } from '../../../src/datasources/clickhouse/clickhouse-entity-reader.ts';
import { changedSince } from '../../../src/datasources/questions/changed-since.ts';
import { changes } from '../../../src/datasources/questions/changes.ts';
import { entityHistory } from '../../../src/datasources/questions/entity-history.ts';
import { entityPasts } from '../../../src/datasources/questions/entity-pasts.ts';
import type { Question } from '../../../src/datasources/questions/question.ts';
import { HistoryArchive, type HistoryArchiveOptions } from '../../../src/replication/archive/history-archive.ts';
import { HistoryRetention } from '../../../src/replication/upkeep/history-retention.ts';
import { announceCopy } from '../../../src/watermarks/clickhouse-watermarks.ts';
import { markCopy } from '../../../src/watermarks/copy-markers.ts';
import { ensureHistoryStart, recordHistoryStart } from '../../../src/watermarks/history-start.ts';
import { startClickHouse, type TestClickHouse } from '../../support/clickhouse.ts';
import { blocksUnder } from '../../support/documented-commands.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';
import { hasS3Gateway, startS3Gateway } from '../../support/s3-gateway.ts';
import { DyingStore } from '../support/dying-store.ts';
import { lookupOf, TEST_ATTRIBUTES } from '../support/test-attributes.ts';

const SHARD = 's0';
const { signal } = new AbortController();
const JANUARY = Date.UTC(2025, 0, 15);
const NOW = Date.UTC(2025, 2, 20);
const SMALL = { fileRows: 4, fileBytes: 1_000_000, groupRows: 2, groupBytes: 1_000_000 };

interface Written {
  readonly tenant: number;
  readonly entity: number;
  readonly lsn: number;
  readonly at?: number;
  readonly operation?: string;
  readonly shard?: string;
}

/** A row of the archive, with 64-bit integers as digits. */
interface Archived {
  readonly tenant_id: number;
  readonly entity_id: string;
  readonly position: string;
  readonly operation: string;
  readonly attributes: readonly Record<string, unknown>[];
}

describe('the archive of the history', () => {
  let engine: TestClickHouse;
  let clickhouse: ClickHouseDatabase;
  let directory: string;

  beforeAll(async () => {
    engine = await startClickHouse();
    clickhouse = await engine.connect(2);
  });
  beforeEach(async () => {
    directory = temporaryDirectory('archive');
    await announceCopy(clickhouse, SHARD, 1n, { endsEarlier: true });
    await markCopy(clickhouse, SHARD, 1n);
    await reached(1_000);
    await ensureHistoryStart(clickhouse, { shard: SHARD, lsn: 1n, at: 1 });
  });
  afterEach(async () => {
    rmSync(directory, { recursive: true, force: true });
    for (const table of ['entity', 'entity_attribute', 'entity_change', 'replication_watermark', 'history_start']) {
      await clickhouse.command(`TRUNCATE TABLE ${table}`);
    }
    await clickhouse.command('TRUNCATE TABLE tenant_history_start');
  });
  afterAll(() => engine?.stop());

  const reached = (lsn: number) =>
    clickhouse.insert('replication_watermark', [
      { shard: SHARD, copy_id: '1', lsn: String(lsn), heartbeat_at: String(NOW * 1_000), pending_messages: 0 },
    ]);
  const write = (...rows: readonly Written[]) =>
    clickhouse.insert(
      'entity_change',
      rows.map(({ tenant, entity, lsn, at = JANUARY, operation = 'UPDATED', shard = SHARD }) => ({
        ...{
          tenant_id: tenant,
          entity_id: String(entity),
          created_at: JANUARY - 1_000,
          version: String(lsn),
          operation,
        },
        ...{ lsn: String(lsn), shard, at, type: operation === 'ERASED' ? '' : 'thing', previous_at: JANUARY - 500 },
        subject: operation === 'ERASED' ? null : 'ann',
        ...(operation === 'ERASED'
          ? { attribute_ids: [], before: [], before_at: [], after: [] }
          : {
              ...{ attribute_ids: [1, 2], before: [null, '0.1'], before_at: [0, JANUARY - 700] },
              after: [JSON.stringify(`é of ${entity}`), null],
            }),
      })),
    );
  const archive = (given: Partial<HistoryArchiveOptions> = {}) =>
    new HistoryArchive({
      ...{ store: new DirectoryStore(directory), shard: SHARD, clickhouse, sizes: SMALL },
      ...{ attributes: lookupOf(TEST_ATTRIBUTES), clock: { now: () => NOW } },
      ...given,
    });
  const retention = (
    own: Pick<HistoryArchive, 'keep'> | null,
    { days = 30, byTenant = {} }: { days?: number; byTenant?: Record<number, number> } = {},
  ) =>
    new HistoryRetention({
      ...{ shard: SHARD, clickhouse, archive: own, days, periodMs: 1_000, clock: { now: () => NOW } },
      byTenant: new Map(Object.entries(byTenant).map(([tenant, value]) => [Number(tenant), value])),
    });
  const kept = async () =>
    (
      await clickhouse.query<{ row: string }>(
        "SELECT concat(toString(tenant_id), ' ', toString(entity_id), ' ', toString(lsn)) AS row FROM entity_change FINAL ORDER BY tenant_id, entity_id, lsn",
      )
    ).map(({ row }) => row);
  const objects = (folder = directory) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  const parquetFiles = (folder = directory) => objects(folder).filter((name) => name.endsWith('.parquet'));
  const archived = async (folder = directory): Promise<Archived[]> => {
    const rows: Archived[] = [];
    for (const name of parquetFiles(folder)) {
      const bytes = readFileSync(name);
      const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
      const found = await parquetReadObjects({ file, compressors });
      rows.push(
        ...(JSON.parse(
          JSON.stringify(found, (_name, value) => (typeof value === 'bigint' ? String(value) : value)),
        ) as Archived[]),
      );
    }
    return rows;
  };
  const positions = async (folder = directory) =>
    (await archived(folder)).map((row) => `${row.tenant_id} ${row.entity_id} ${row.position}`);
  const ask = async <Part, Answer>(question: Question<Part, Answer>) => {
    const reader = new ClickHouseEntityReader(clickhouse, [SHARD]);
    return question.merge([(await reader.ask(question, signal)).data]);
  };
  const startsOf = async (tenantId: number) => {
    const question = changes({ tenantId, after: new Map(), types: null, operations: null, limit: 10 });
    return (await ask(question)).starts.get(SHARD);
  };

  it('has files that hyparquet and ClickHouse read without Atlas, with the keys of attributes, in bounded sizes', async () => {
    await write(...Array.from({ length: 9 }, (_, n) => ({ tenant: 1, entity: n + 1, lsn: 100 + n })));
    await retention(archive()).run(signal);
    expect(await kept()).toEqual([]);
    const rows = await archived();
    expect(rows.map(({ entity_id }) => entity_id)).toEqual(Array.from({ length: 9 }, (_, n) => String(n + 1)));
    expect(rows[2]).toEqual({
      ...{ tenant_id: 1, shard: SHARD, position: '102', entity_id: '3', entity_type: 'thing', operation: 'UPDATED' },
      ...{ version: '102', subject: 'ann', at: new Date(JANUARY).toISOString() },
      ...{ created_at: new Date(JANUARY - 1_000).toISOString(), previous_at: new Date(JANUARY - 500).toISOString() },
      attributes: [
        { id: 1, key: 'attribute_1', type: 'TEXT', before: null, before_at: null, after: '"é of 3"' },
        {
          ...{ id: 2, key: 'attribute_2', type: 'NUMBER', before: '0.1' },
          ...{ before_at: new Date(JANUARY - 700).toISOString(), after: null },
        },
      ],
    });
    expect(parquetFiles()).toHaveLength(3);
    const read = await clickhouse.query<object>(
      `SELECT entity_id, toTypeName(at) AS type, toUnixTimestamp64Milli(at) AS moment, value.key AS key, value.after AS after
       FROM file('${directory}/tenant=1/month=2025-01/*.parquet', Parquet) ARRAY JOIN attributes AS value
       WHERE value.after IS NOT NULL ORDER BY entity_id LIMIT 1`,
    );
    expect(read).toEqual([
      {
        ...{ entity_id: '1', type: "DateTime64(3, 'UTC')", moment: String(JANUARY) },
        ...{ key: 'attribute_1', after: '"é of 1"' },
      },
    ]);
    const [manifest] = objects().filter((name) => name.endsWith('.json'));
    expect(JSON.parse(readFileSync(manifest ?? '', 'utf8'))).toMatchObject({
      ...{ format: 1, tenant: 1, shard: SHARD, month: '2025-01', from: '0', to: '1000', revision: 0, rows: 9 },
      files: [{ rows: 4, firstEntity: '1', lastEntity: '4' }, { rows: 4 }, { rows: 1, lastEntity: '9' }],
    });
  });

  it('is read by the statement in docs/history.md with the answer that is printed there', async () => {
    const at = Date.UTC(2025, 0, 15, 10);
    const change = (version: number, before: string | null, after: string) => ({
      ...{ tenant_id: 7, entity_id: '7', created_at: at, version: String(version), lsn: String(version), shard: SHARD },
      ...{ operation: version === 1 ? 'CREATED' : 'UPDATED', at: at + 5_000 * (version - 1), type: 'order' },
      ...{ previous_at: version === 1 ? 0 : at, subject: 'ann', attribute_ids: [1], before_at: [0] },
      ...{ before: [before && JSON.stringify(before)], after: [JSON.stringify(after)] },
    });
    await clickhouse.insert('entity_change', [change(1, null, 'open'), change(2, 'open', 'paid')]);
    const status = { ...(TEST_ATTRIBUTES[0] as (typeof TEST_ATTRIBUTES)[number]), key: 'status' };
    await retention(archive({ attributes: lookupOf([status]) })).run(signal);
    const [statement] = blocksUnder('docs/history.md', '## The archive', 'sql');
    const rows = await clickhouse.query<Record<string, string | null>>(statement.replace('/archive/', `${directory}/`));
    const [, printed = ''] = blocksUnder('docs/history.md', '## The archive', '');
    const cells = rows.map((row) => Object.values(row).map((cell) => cell ?? 'NULL'));
    expect(cells).toEqual(printed.split('\n').map((line) => line.split(/ {2,}/)));
  });

  it('is complete after a process that died anywhere, without duplicates', async () => {
    await write(...[1, 2, 3, 4, 5, 6].map((n) => ({ tenant: 1, entity: n, lsn: n })));
    let deaths = 0;
    for (let survives = 0; ; survives++) {
      const store = new DyingStore(new DirectoryStore(directory), survives);
      const isKept = await archive({ store })
        .keep(1, 202_501, 1_000n, signal)
        .then(
          () => true,
          () => false,
        );
      if (!isKept) await archive().keep(1, 202_501, 1_000n, signal);
      expect(await positions()).toEqual([1, 2, 3, 4, 5, 6].map((n) => `1 ${n} ${n}`));
      expect(objects().map((name) => name.replace(/.*\./, ''))).toEqual(['parquet', 'parquet', 'json']);
      if (isKept) break;
      deaths++;
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
    }
    expect(deaths).toBeGreaterThanOrEqual(9);
  });

  it('lets ClickHouse lose nothing of a tenant whose set is not complete, and does not hold up others', async () => {
    await write(...[1, 2, 3].map((tenant) => ({ tenant, entity: 1, lsn: tenant })));
    const own = archive();
    const failing = {
      keep: async (...given: Parameters<HistoryArchive['keep']>) => {
        if (given[0] === 2) throw new Error('Tenant 2 cannot be archived');
        await own.keep(...given);
      },
    };
    await expect(retention(failing).run(signal)).rejects.toThrow('Tenant 2 cannot be archived');
    expect(await kept()).toEqual(['2 1 2']);
    expect(await positions()).toEqual(['1 1 1', '3 1 3']);
  });

  it('goes on to other months and tenants, however many sets are broken', async () => {
    const tenants = [1, 2, 3, 4, 5];
    const FEBRUARY = Date.UTC(2025, 1, 3);
    await write(...tenants.map((tenant) => ({ tenant, entity: 1, lsn: tenant })), {
      tenant: 1,
      entity: 1,
      lsn: 20,
      at: FEBRUARY,
    });
    const own = archive();
    const failing = {
      keep: async (...given: Parameters<HistoryArchive['keep']>) => {
        if (given[0] !== 5 && given[1] === 202_501) throw new Error(`The set of tenant ${given[0]} is broken`);
        await own.keep(...given);
      },
    };
    await expect(retention(failing, { days: 15 }).run(signal)).rejects.toThrow('The set of tenant 1 is broken');
    expect(await kept()).toEqual(['1 1 1', '2 1 2', '3 1 3', '4 1 4']);
    let attempts = 0;
    const down = {
      keep: async () => {
        attempts++;
        throw new ObjectStoreError('The bucket does not answer');
      },
    };
    await expect(retention(down).run(signal)).rejects.toThrow('The bucket does not answer');
    expect(attempts).toBe(3);
  });

  it('says that ClickHouse cannot remove what is archived', async () => {
    await write({ tenant: 1, entity: 1, lsn: 1 }, { tenant: 1, entity: 2, lsn: 2 });
    await clickhouse.command(
      "ALTER TABLE entity_change DELETE WHERE throwIf(lsn = 1, 'cannot be removed') SETTINGS mutations_sync = 0, validate_mutation_query = 0",
    );
    try {
      await vi.waitFor(() =>
        expect(retention(archive()).run(signal)).rejects.toThrow(/cannot finish.*cannot be removed/s),
      );
      expect(await kept()).toHaveLength(2);
    } finally {
      await clickhouse.command("KILL MUTATION WHERE table = 'entity_change' SYNC");
    }
  });

  it('takes no rows of another shard, which may have an archive, without one', async () => {
    await write({ tenant: 1, entity: 1, lsn: 1 }, { tenant: 1, entity: 2, lsn: 1, shard: 's0-b' });
    await retention(null).run(signal);
    expect(await kept()).toEqual(['1 2 1']);
  });

  it('keeps the month in ClickHouse while it cannot be written, and says why', async () => {
    await write({ tenant: 1, entity: 1, lsn: 1 });
    rmSync(directory, { recursive: true });
    await expect(retention(archive()).run(signal)).rejects.toThrow(`There is no directory ${directory}.`);
    expect(await kept()).toEqual(['1 1 1']);
    mkdirSync(directory);
    await retention(archive()).run(signal);
    expect(await kept()).toEqual([]);
  });

  it('keeps the month in ClickHouse if what was written is not what is read', async () => {
    await write({ tenant: 1, entity: 1, lsn: 1 });
    const store: ObjectStore = new DirectoryStore(directory);
    const lying: ObjectStore = {
      place: store.place,
      open: (...given) => store.open(...given),
      list: (...given) => store.list(...given),
      remove: (...given) => store.remove(...given),
      async write(name, content, ...given) {
        await store.write(name, content, ...given);
        if (!name.endsWith('.parquet')) return;
        const bytes = readFileSync(join(directory, name));
        bytes[10] = (bytes[10] ?? 0) ^ 1;
        writeFileSync(join(directory, name), bytes);
      },
    };
    await expect(retention(archive({ store: lying })).run(signal)).rejects.toThrow(/SHA-256/);
    expect(await kept()).toEqual(['1 1 1']);
    expect(objects()).toEqual([]);
  });

  it('takes what is captured later into a further file, and what is delivered again into none', async () => {
    await write({ tenant: 1, entity: 1, lsn: 1 });
    await retention(archive()).run(signal);
    await write(
      { tenant: 1, entity: 1, lsn: 1 },
      { tenant: 1, entity: 2, lsn: 1_500 },
      { tenant: 1, entity: 3, lsn: 2_500 },
    );
    await reached(2_000);
    await retention(archive()).run(signal);
    expect(await positions()).toEqual(['1 1 1', '1 2 1500']);
    // Not covered by a watermark yet.
    expect(await kept()).toEqual(['1 3 2500']);
    expect((await startsOf(1))?.lsn).toBe(1_501n);
  });

  it('counts one of two sets of the same, which processes have written that did not know of each other', async () => {
    await write({ tenant: 1, entity: 1, lsn: 1 }, { tenant: 1, entity: 2, lsn: 2 });
    const [first, second] = [temporaryDirectory('archive'), temporaryDirectory('archive')];
    for (const [store, at] of [
      [new DirectoryStore(first), NOW - 1_000],
      [new DirectoryStore(second), NOW - 500],
    ] as const)
      await archive({ store, clock: { now: () => at } }).keep(1, 202_501, 1_000n, signal);
    const bringBoth = () => [first, second].forEach((one) => void cpSync(one, directory, { recursive: true }));
    bringBoth();
    expect(await positions()).toHaveLength(4);
    await archive().keep(1, 202_501, 1_000n, signal);
    expect(await positions()).toEqual(['1 1 1', '1 2 2']);
    // One of which a file is missing gives way to the other.
    bringBoth();
    const [missing = ''] = parquetFiles(first);
    rmSync(missing.replace(first, directory));
    await archive().erase([{ tenantId: 1, entityId: '1', bound: 1n, requestedAt: 0 }], signal);
    expect(await positions()).toEqual(['1 2 2']);
    for (const one of [first, second]) rmSync(one, { recursive: true });
  });

  describe('has no gap between its sets:', () => {
    beforeEach(async () => {
      await write({ tenant: 1, entity: 1, lsn: 1 });
      await archive().keep(1, 202_501, 1_000n, signal);
      await write({ tenant: 1, entity: 2, lsn: 1_500 });
      await archive().keep(1, 202_501, 2_000n, signal);
    });
    const removeFirst = () =>
      objects()
        .filter((name) => /s0\.0{16}\./.test(name))
        .forEach((name) => void rmSync(name));

    it('what is lost is written again, or missed', async () => {
      removeFirst();
      await archive().keep(1, 202_501, 2_000n, signal);
      expect(await positions()).toEqual(['1 1 1', '1 2 1500']);
      removeFirst();
      await clickhouse.command('TRUNCATE TABLE entity_change');
      await expect(archive().keep(1, 202_501, 2_000n, signal)).rejects.toThrow(
        /not complete: .* has nothing of the changes from position 0 up to 1000/,
      );
    });

    it('one of which everything was erased joins those around it', async () => {
      await clickhouse.command('TRUNCATE TABLE entity_change');
      await archive().erase([{ tenantId: 1, entityId: '1', bound: 900n, requestedAt: 0 }], signal);
      expect(await positions()).toEqual(['1 2 1500']);
      await archive().keep(1, 202_501, 2_000n, signal);
      await archive().erase([{ tenantId: 1, entityId: '2', bound: 1_900n, requestedAt: 0 }], signal);
      expect(objects()).toEqual([]);
    });
  });

  it('leaves other shards to their own upkeep', async () => {
    await write({ tenant: 1, entity: 1, lsn: 1 }, { tenant: 1, entity: 2, lsn: 1, shard: 's0-b' });
    await retention(archive()).run(signal);
    expect(await positions()).toEqual(['1 1 1']);
    expect(await kept()).toEqual(['1 2 1']);
  });

  describe('and erasures', () => {
    it('has nothing of what was erased before', async () => {
      await write(
        ...[1, 2, 3].map((entity) => ({ tenant: 1, entity, lsn: entity })),
        { tenant: 1, entity: 2, lsn: 50, operation: 'ERASED' },
        { tenant: 1, entity: 2, lsn: 60 },
        { tenant: 2, entity: 1, lsn: 5 },
        { tenant: 2, entity: 0, lsn: 50, operation: 'ERASED' },
      );
      await retention(archive()).run(signal);
      expect(await kept()).toEqual([]);
      expect((await archived()).map(({ position, operation }) => `${position} ${operation}`)).toEqual([
        '1 UPDATED',
        '50 ERASED',
        '60 UPDATED',
        '3 UPDATED',
      ]);
    });

    it('fails an attempt that has read what is erased meanwhile, and leaves nothing of it', async () => {
      await write({ tenant: 1, entity: 1, lsn: 1 }, { tenant: 1, entity: 2, lsn: 2 });
      const late = {
        serverChanges: 0,
        catchUp: async () => {},
        async query<Row extends object>(text: string, ...given: [ClickHouseParameters?, AbortSignal?, number?]) {
          if (text.includes('count() AS rows'))
            await write({ tenant: 1, entity: 2, lsn: 50, operation: 'ERASED', at: NOW });
          return clickhouse.query<Row>(text, ...given);
        },
      };
      await expect(archive({ clickhouse: late }).keep(1, 202_501, 1_000n, signal)).rejects.toThrow(/tried again/);
      expect(objects()).toEqual([]);
      await archive().keep(1, 202_501, 1_000n, signal);
      expect(await positions()).toEqual(['1 1 1']);
    });

    it('are followed: files that hold the entity are written again without it, whatever dies meanwhile', async () => {
      const rows = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ tenant: 1, entity: n, lsn: n }));
      await write(...rows, { tenant: 1, entity: 6, lsn: 70 }, { tenant: 2, entity: 6, lsn: 9 });
      await retention(archive()).run(signal);
      const [first] = parquetFiles();
      const before = new Map(objects().map((name) => [name, readFileSync(name)]));
      const left = ['1 1 1', '1 2 2', '1 3 3', '1 4 4', '1 5 5', '1 6 70', '1 7 7', '1 8 8', '2 6 9'];
      let deaths = 0;
      for (let survives = 0; ; survives++) {
        const store = new DyingStore(new DirectoryStore(directory), survives);
        const erased = [{ tenantId: 1, entityId: '6', bound: 60n, requestedAt: 0 }];
        const isDone = await archive({ store })
          .erase(erased, signal)
          .then(
            () => true,
            () => false,
          );
        if (!isDone) {
          deaths++;
          await archive().erase(erased, signal);
        }
        expect((await positions()).sort()).toEqual(left);
        expect(parquetFiles()).toContain(first);
        await archive().keep(1, 202_501, 1_000n, signal);
        if (isDone) break;
        rmSync(directory, { recursive: true });
        for (const [name, bytes] of before) {
          mkdirSync(dirname(name), { recursive: true });
          writeFileSync(name, bytes);
        }
      }
      expect(deaths).toBeGreaterThan(8);
      expect((await positions()).sort()).toEqual(left);
    });

    it('of a tenant leave nothing of it, neither files of an attempt that was interrupted', async () => {
      await write(
        { tenant: 1, entity: 1, lsn: 1 },
        { tenant: 1, entity: 2, lsn: 2, operation: 'ERASED' },
        { tenant: 2, entity: 1, lsn: 3 },
      );
      await retention(archive()).run(signal);
      const [name = ''] = parquetFiles();
      writeFileSync(name.replace(/\.1\.parquet$/, '.9.parquet.partial'), 'a part');
      await archive().erase([{ tenantId: 1, entityId: null, bound: 900n, requestedAt: 0 }], signal);
      expect(objects().filter((object) => object.includes('tenant=1/'))).toEqual([]);
      expect(await positions()).toEqual(['2 1 3']);
    });

    it('reach changes of before positions began anew, and not what was created again', async () => {
      await write(
        { tenant: 1, entity: 1, lsn: 700, at: JANUARY - 10_000 },
        { tenant: 1, entity: 1, lsn: 800, at: JANUARY },
        { tenant: 1, entity: 2, lsn: 900, at: JANUARY - 10_000 },
      );
      await retention(archive()).run(signal);
      await archive().erase([{ tenantId: 1, entityId: '1', bound: 5n, requestedAt: JANUARY - 5_000 }], signal);
      expect(await positions()).toEqual(['1 1 800', '1 2 900']);
    });

    it('are not undone by another process that writes the same files again at the same time', async () => {
      await write(...[1, 2, 3].map((n) => ({ tenant: 1, entity: n, lsn: n })));
      await retention(archive()).run(signal);
      const store: ObjectStore = new DirectoryStore(directory);
      const erasureOf = (entityId: string) => [{ tenantId: 1, entityId, bound: 900n, requestedAt: 0 }];
      let isFirst = true;
      const slow: ObjectStore = {
        place: store.place,
        open: (...given) => store.open(...given),
        list: (...given) => store.list(...given),
        remove: (...given) => store.remove(...given),
        async write(name, ...given) {
          // Its files are written, and its manifest is not.
          if (name.endsWith('.json') && isFirst) {
            isFirst = false;
            await archive({ clock: { now: () => NOW - 1 } })
              .erase(erasureOf('2'), signal)
              .catch((error: Error) => expect(error.message).toMatch(/Another process/));
          }
          await store.write(name, ...given);
        },
      };
      await expect(archive({ store: slow }).erase(erasureOf('1'), signal)).rejects.toThrow(
        /Another process has written/,
      );
      await archive().erase(erasureOf('1'), signal);
      expect(await positions()).toEqual(['1 3 3']);
    });

    it('are not complete while files are there that a later process may be writing', async () => {
      await write({ tenant: 1, entity: 1, lsn: 1 });
      await archive({ clock: { now: () => NOW + 5_000 } }).keep(1, 202_501, 1_000n, signal);
      const [manifest = ''] = objects().filter((name) => name.endsWith('.json'));
      rmSync(manifest);
      const erased = [{ tenantId: 1, entityId: '1', bound: 60n, requestedAt: 0 }];
      await expect(archive().erase(erased, signal)).rejects.toThrow(/Another process is writing/);
      await archive({ clock: { now: () => NOW + 6_000 } }).erase(erased, signal);
      expect(objects()).toEqual([]);
    });
  });

  it.skipIf(!hasS3Gateway)(
    'may be in a bucket: while that does not answer, the month stays in ClickHouse',
    async () => {
      const gateway = await startS3Gateway();
      try {
        vi.stubEnv('AWS_ENDPOINT_URL', gateway.endpoint);
        vi.stubEnv('AWS_REGION', 'us-east-1');
        vi.stubEnv('AWS_ACCESS_KEY_ID', gateway.credentials.accessKeyId);
        vi.stubEnv('AWS_SECRET_ACCESS_KEY', gateway.credentials.secretAccessKey);
        const store = await openObjectStore('s3://atlas/history', true);
        await write(...Array.from({ length: 9 }, (_, n) => ({ tenant: 1, entity: n + 1, lsn: 100 + n })));
        await retention(archive({ store })).run(signal);
        expect(await kept()).toEqual([]);
        await archive({ store }).erase([{ tenantId: 1, entityId: '5', bound: 900n, requestedAt: 0 }], signal);
        expect((await positions(join(gateway.directory, 'history'))).sort()).toEqual(
          [1, 2, 3, 4, 6, 7, 8, 9].map((n) => `1 ${n} ${99 + n}`),
        );
        await write({ tenant: 2, entity: 1, lsn: 1 });
        await gateway.stop();
        await expect(retention(archive({ store })).run(signal)).rejects.toThrow(/s3:\/\/atlas\/history refuses/);
        expect(await kept()).toEqual(['2 1 1']);
      } finally {
        await gateway.stop();
        vi.unstubAllEnvs();
      }
    },
  );

  describe('the retention of a tenant', () => {
    const MARCH = Date.UTC(2025, 2, 1);

    it('removes its months earlier or later than those of others, and says so of it alone', async () => {
      await write(
        ...[7, 8, 9].map((tenant) => ({ tenant, entity: 1, lsn: tenant })),
        ...[7, 8, 9].map((tenant) => ({ tenant, entity: 1, lsn: tenant + 10, at: MARCH })),
      );
      const days = { days: 60, byTenant: { 7: 30, 9: 3650 } };
      await retention(null, days).run(signal);
      expect(await kept()).toEqual(['7 1 17', '8 1 8', '8 1 18', '9 1 9', '9 1 19']);
      expect(await startsOf(7)).toEqual({ lsn: 8n, at: new Date(JANUARY) });
      expect(await startsOf(8)).toEqual({ lsn: 1n, at: new Date(1) });
      const window = { attributes: null, from: null, to: null, after: null, limit: 10 };
      const moment = { at: new Date(NOW) };
      const others = [
        (await ask(entityHistory({ ...window, tenantId: 7, entityIds: ['1'] }))).starts.get(SHARD),
        (await ask(changedSince({ tenantId: 7, type: null, moment, limit: 10 }))).starts.get(SHARD),
        (await ask(entityPasts({ tenantId: 7, ids: ['1'], shard: SHARD, moment }))).start,
      ];
      for (const start of others) expect(start).toEqual(await startsOf(7));
      // Lengthened afterwards, it does not claim what is gone.
      await retention(null, { days: 60 }).run(signal);
      expect(await startsOf(7)).toEqual({ lsn: 8n, at: new Date(JANUARY) });
      // Nobody keeps the month: the partition goes.
      await retention(null, { days: 30 }).run(signal);
      expect(await kept()).toEqual(['7 1 17', '8 1 18', '9 1 19']);
      expect(await startsOf(9)).toEqual({ lsn: 10n, at: new Date(JANUARY) });
      expect(await startsOf(7)).toEqual({ lsn: 8n, at: new Date(JANUARY) });
    });

    it('is forgotten where the shard begins anew at an earlier position', async () => {
      await write({ tenant: 7, entity: 1, lsn: 500 });
      await retention(null, { days: 400, byTenant: { 7: 30 } }).run(signal);
      expect((await startsOf(7))?.lsn).toBe(501n);
      await recordHistoryStart(clickhouse, { shard: SHARD, lsn: 100n, at: NOW });
      expect(await startsOf(7)).toEqual({ lsn: 100n, at: new Date(NOW) });
    });
  });
});
