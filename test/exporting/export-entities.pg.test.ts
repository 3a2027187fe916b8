import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';
import { PostgresAttributeCatalog } from '../../src/datasources/postgres/catalog/postgres-attribute-catalog.ts';
import { PostgresEntityWriter } from '../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import type { AttributeValue } from '../../src/domain/catalog/attribute.ts';
import { attributeByKey } from '../../src/domain/catalog/attribute-lookup.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import type { TenantId } from '../../src/domain/identifiers.ts';
import { type ExportRequest, type ExportSummary, exportEntities } from '../../src/exporting/export-entities.ts';
import { EXPORT_FORMATS, type ExportFormatName } from '../../src/exporting/formats/export-format.ts';
import { exportTarget, writeTo } from '../../src/exporting/open-output.ts';
import type { ConsistencyToken } from '../../src/freshness/consistency-token.ts';
import { parseSelection } from '../../src/graphql/schema/parse-selection.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemPause } from '../../src/lib/pause.ts';
import { migrateShards } from '../../src/migration/migrate-shards.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { ShardMap } from '../../src/sharding/shard-map.ts';
import { beat } from '../../src/watermarks/heartbeat.ts';
import { writtenPosition } from '../../src/watermarks/wal-position.ts';
import { importPaths } from '../importing/import-paths.ts';
import { authorOf } from '../support/author.ts';
import { AMPLE_QUOTA } from '../support/catalog-quota.ts';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { requirement } from '../support/requirement.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const logger = createLogger('silent');
const limits = { maxValueBytes: 1_048_576, maxListElements: 1_000, maxAttributesPerEntity: 2_000 };
const FORMATS = Object.keys(EXPORT_FORMATS) as ExportFormatName[];
const signal = new AbortController().signal;

/** What is easily taken for something else. Each value has an attribute of its own, so that nothing but the export tells its type. */
const HOSTILE = {
  TEXT: [
    '',
    ' ',
    '007',
    '1.50',
    'true',
    '2024-05-31',
    'null',
    'NaN',
    '{"a":1}',
    'a,b;c\td|e',
    '"quoted"',
    "it's",
    'two\nlines\r\nthree',
    '\r',
    '\uFEFFmark',
    'ünï𝒸ødé',
    '\u2028',
    '=1+1',
    'x'.repeat(5_000),
  ],
  NUMBER: [
    0,
    -1.5,
    0.1,
    1e-7,
    5e-324,
    1.7976931348623157e308,
    2 ** 53,
    -(2 ** 60),
    1e20,
    1e21,
    123456789012345680000,
    3,
  ],
  BOOLEAN: [true, false],
  TIMESTAMP: [
    '0001-01-01T00:00:00.000Z',
    '1969-12-31T23:59:59.999Z',
    '2026-03-01T08:30:00.120Z',
    '9999-12-31T23:59:59.999Z',
  ],
  JSON: [
    'text',
    '7',
    '',
    0,
    1e20,
    false,
    [],
    {},
    [1, [null, 'x']],
    { n: 2 ** 53, deep: { a: ['1234567890123456789', 1e21] }, type: 'Feature', geometry: null },
  ],
  TEXT_LIST: [[], ['7', '', 'a,b', '"\r\n', 'null', '7'], ['1234567890123456789']],
  NUMBER_LIST: [[], [0, -1.5, 0.1, 2 ** 60, 1e21, 5e-324, 0.1]],
} as const;

let clusters: TestCluster[] = [];
let primaries: PostgresPool[] = [];
let replica: PostgresPool;
let catalog: PostgresAttributeCatalog;
let writer: PostgresEntityWriter;
let folder: string;

beforeAll(async () => {
  folder = temporaryDirectory('export');
  clusters = await Promise.all(
    ['s0', 's1'].map((shard) => startPostgresCluster({ shard, migrated: false, replica: shard === 's0' })),
  );
  const shards = clusters.map(({ endpoints }) => endpoints);
  await migrateShards({ shards, placement: { kind: 'hash' } }, { connectTimeoutMs: 5_000, logger });
  const pool = (shard: string, role: 'primary' | 'replica', url: string) =>
    new PostgresPool({
      ...{ shard, role, url, logger, size: 4, connectTimeoutMs: 5_000, statementTimeoutMs: 20_000 },
      applicationName: 'atlas-test',
      actAs: 'atlas_serve',
    });
  primaries = shards.map(({ id, primary }) => pool(id, 'primary', primary));
  replica = pool('s0', 'replica', shards[0]?.replicas[0] ?? '');
  const [home] = primaries;
  if (home === undefined) throw new Error('There is no home shard');
  catalog = new PostgresAttributeCatalog({
    ...{ home, homeUrl: shards[0]?.primary ?? '', copies: [], connectTimeoutMs: 5_000, quota: AMPLE_QUOTA, logger },
    applicationName: 'atlas-test',
  });
  await catalog.start();
  const map = new ShardMap(shards, { kind: 'hash' });
  writer = new PostgresEntityWriter(map, primaries, systemClock, { maxEntityBytes: 8_000_000 }, catalog);
});
afterAll(async () => {
  await catalog?.stop();
  for (const pool of [replica, ...primaries]) await pool?.close();
  for (const cluster of clusters) await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Defines the attributes, and writes an entity of each type with all values of one kind, and one for each of them alone. */
async function writeHostile(tenantId: TenantId): Promise<void> {
  const keys = Object.entries(HOSTILE).flatMap(([type, values]) =>
    values.map((value, index) => ({
      type: type as keyof typeof HOSTILE,
      value: value as AttributeValue,
      key: `${type.toLowerCase()}__${index}`,
    })),
  );
  await catalog.define(
    authorOf(tenantId),
    keys.map(({ key, type }) => ({ key, type })),
  );
  const known = catalog.forTenant(tenantId);
  const set = keys.map(({ key, value }) => ({ attribute: attributeByKey(known, key), value }));
  const rest = { remove: [], expectedVersion: null };
  const { outcome } = await writer.upsert(authorOf(tenantId), [
    { id: '9223372036854775807', type: 'Every.thing:else-1', set, ...rest },
    { id: '1', type: 'bare', set: [], ...rest },
    ...set.map((one, index) => ({ id: String(10 + index), type: `kind_${index % 3}`, set: [one], ...rest })),
  ]);
  expect(outcome.filter(({ status }) => status !== 'CREATED')).toEqual([]);
}

async function exported(
  tenantId: TenantId,
  format: ExportFormatName,
  file: string | null,
  given: Partial<ExportRequest> = {},
): Promise<ExportSummary> {
  for (const primary of primaries) await beat(primary, 0);
  return exportEntities({
    shards: primaries.map((primary) => ({
      ...{ shard: primary.shard, primary, replicas: primary.shard === 's0' ? [replica] : [] },
    })),
    selection: { tenantId, type: null, filter: MATCH_ALL },
    requirement: requirement({ class: 'OPERATIONAL', maxLagMs: 30_000, maxWaitMs: 10_000, after: await now() }),
    ...{ catalog, clock: systemClock, pause: systemPause, signal },
    format: EXPORT_FORMATS[format],
    write: (content) => writeTo(exportTarget(file, format), content, signal),
    ...given,
  });
}

/** A token of everything that is written by now. */
async function now(): Promise<ConsistencyToken> {
  const positions = await Promise.all(primaries.map(async (one) => [one.shard, await writtenPosition(one)] as const));
  return { positions: new Map(positions), catalogRevision: 0 };
}

interface StoredEntity {
  readonly id: string;
  readonly type: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** The entities by id, with the keys and types of their attributes. */
async function stored(tenant: TenantId): Promise<StoredEntity[]> {
  const text = 'SELECT entity_id AS id, type, attributes FROM atlas.entity WHERE tenant_id = $1';
  const parts = await Promise.all(primaries.map((one) => one.query<StoredEntity>({ tenant, text, values: [tenant] })));
  const named = (id: string) => `${catalog.byId(Number(id))?.key} ${catalog.byId(Number(id))?.type}`;
  return parts
    .flat()
    .map(({ attributes, ...entity }) => ({
      ...entity,
      attributes: Object.fromEntries(Object.entries(attributes).map(([id, value]) => [named(id), value])),
    }))
    .sort((a, b) => Number(BigInt(a.id) - BigInt(b.id)));
}

describe('an export of two shards', () => {
  it.each(FORMATS)('as %s, imported into an empty tenant, is the same state', async (format) => {
    const [from, to] = [10 + 2 * FORMATS.indexOf(format), 11 + 2 * FORMATS.indexOf(format)];
    await writeHostile(from);
    const file = join(folder, `all.${format}`);
    const { shards } = await exported(from, format, file);
    expect(shards.reduce((sum, { entities }) => sum + entities, 0)).toBe((await stored(from)).length);
    expect(shards.map(({ shard, freshness: { source, reason, stale } }) => ({ shard, source, reason, stale }))).toEqual(
      [
        { shard: 's0', source: 'REPLICA', reason: 'WITHIN_BOUND', stale: false },
        { shard: 's1', source: 'PRIMARY', reason: 'NO_REPLICA', stale: false },
      ],
    );

    const [summary] = await importPaths({ files: [file], tenantId: to, catalog, writer, limits });
    expect(summary).toMatchObject({ rejected: 0, created: (await stored(from)).length, type: null });
    expect(await stored(to)).toEqual(await stored(from));

    const [again] = await importPaths({ files: [file], tenantId: from, catalog, writer, limits });
    expect(again).toMatchObject({ rejected: 0, created: 0, updated: 0, unchanged: (await stored(from)).length });
  });

  it('is the same file again after import and export, compressed or not', async () => {
    const files = ['first.ndjson', 'second.ndjson.gz'].map((name) => join(folder, name));
    await writeHostile(30);
    await exported(30, 'ndjson', files[0] ?? '');
    await importPaths({ files: files.slice(0, 1), tenantId: 31, catalog, writer, limits });
    await exported(31, 'ndjson', files[1] ?? '');
    const rows = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map((row) => ({ ...row, 'atlas:created_at': 0, 'atlas:updated_at': 0 }));
    const [first, second] = [readFileSync(files[0] ?? '', 'utf8'), gunzipSync(readFileSync(files[1] ?? '')).toString()];
    expect(rows(second)).toEqual(rows(first));
  });

  it('has keys and references that lead to the same entities where keys give other ids', async () => {
    const [from, to] = [64, 65];
    const definitions = [
      { key: 'code', type: 'NUMBER', unique: true, entityTypes: ['maker'] },
      { key: 'maker', type: 'REFERENCE', rules: { targetTypes: ['maker'] } },
      { key: 'also', type: 'REFERENCE' },
    ] as const;
    for (const tenant of [from, to]) await catalog.define(authorOf(tenant), definitions);
    const file = (name: string) => join(folder, name);
    const load = (name: string, tenantId: TenantId, type?: string, idColumn?: string) =>
      importPaths({
        files: [file(name)],
        tenantId,
        catalog,
        writer,
        limits,
        ...(type && { type }),
        ...(idColumn && { idColumn }),
      });
    writeFileSync(file('makers.csv'), 'code\n1\n2\n3\n');
    await load('makers.csv', from, 'maker');
    const makers = (await stored(from)).map(({ id }) => id);
    const things = [...makers, '99'].map((maker, n) => ({ id: String(n + 1), maker, also: '1' }));
    writeFileSync(file('things.json'), JSON.stringify(things));
    await load('things.json', from, 'thing', 'id');

    for (const format of FORMATS) {
      await exported(from, format, file(`keyed.${format}`));
      const [same] = await load(`keyed.${format}`, from);
      expect(same).toMatchObject({ rows: 7, unchanged: 7 });
      const [moved] = await load(`keyed.${format}`, to);
      expect(moved).toMatchObject(format === FORMATS[0] ? { created: 7 } : { unchanged: 7 });
    }
    /** What each thing refers to: the code of a maker, or an id that is none. */
    const referred = async (tenant: TenantId) => {
      const all = await stored(tenant);
      const codes = new Map(all.map(({ id, attributes }) => [id, attributes['code NUMBER']]));
      const of = (id: AttributeValue | undefined) => codes.get(String(id)) ?? id;
      const ofThings = all.filter(({ type }) => type === 'thing');
      return ofThings.map(({ id, attributes }) => [
        id,
        of(attributes['maker REFERENCE']),
        attributes['also REFERENCE'],
      ]);
    };
    expect(await referred(to)).toEqual(await referred(from));
    expect((await referred(to)).map(([, code]) => code).sort()).toEqual([1, 2, 3, '99'].sort());
    expect((await stored(to)).map(({ id }) => id)).not.toEqual(expect.arrayContaining(makers));
  });

  it('selects as a request does', async () => {
    await writeHostile(40);
    const selected = (type: string | undefined, filter: string | undefined) =>
      parseSelection({ tenantId: 40, type, filter }, catalog.forTenant(40), {
        filter: { maxNodes: 10, maxListItems: 10 },
      } as never);
    const file = join(folder, 'some.csv');
    const { shards } = await exported(40, 'csv', file, {
      selection: selected('kind_1', '{"attributes":[{"key":"text__1","exists":true}]}'),
    });
    expect(shards.reduce((sum, { entities }) => sum + entities, 0)).toBe(1);
    expect(readFileSync(file, 'utf8').split('\n')[0]).toBe(
      'atlas:id,atlas:type,atlas:version,atlas:created_at,atlas:updated_at,atlas:types,text__1',
    );
    // As in requests.
    await catalog.change(authorOf(40), { key: 'text__1', change: { kind: 'retire' }, expectedVersion: null });
    await exported(40, 'ndjson', file, { selection: selected('kind_1', undefined) });
    expect(readFileSync(file, 'utf8')).not.toContain('text__1"');
    await catalog.change(authorOf(40), { key: 'text__1', change: { kind: 'restore' }, expectedVersion: null });
    expect(() => selected(undefined, '{"attributes":[{"key":"text__1","number":{"gt":1}}]}')).toThrow(
      'Attribute "text__1" has type TEXT; filter it with text, not with number.',
    );
    expect(() => selected(undefined, '{"attribute":[]}')).toThrow(
      'Field "attribute" is not defined by type "EntityFilter"',
    );
    expect(() => selected(undefined, '{')).toThrow('The filter is not JSON');
  });

  it('shows of each shard one snapshot, whatever is written meanwhile', async () => {
    const [attribute] = await catalog.define(authorOf(50), [{ key: 'n', type: 'NUMBER' }]);
    if (attribute === undefined) throw new Error('not defined');
    const write = (from: number, value: number) =>
      writer.upsert(
        authorOf(50),
        Array.from({ length: 1_500 }, (_, index) => ({
          ...{ id: String(from + index), type: 'thing', remove: [], expectedVersion: null },
          set: [{ attribute, value }],
        })),
      );
    await write(1, 1);
    const seen: string[] = [];
    await exported(50, 'ndjson', null, {
      write: async (content) => {
        for await (const part of content) {
          if (seen.length === 0) await write(1_000, 2);
          seen.push(String(part));
        }
      },
    });
    const rows = seen
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toHaveLength(1_500);
    expect(new Set(rows.map(({ n }) => n))).toEqual(new Set([1]));
    expect(seen.length).toBeGreaterThan(1);
  });

  it('reads the primary while the replica lacks the token, and gives a token of what it shows', async () => {
    await replica.query({ text: 'SELECT 1', values: [] });
    const admin = new PostgresPool({
      ...{ shard: 's0', role: 'replica', url: clusters[0]?.endpoints.replicas[0] ?? '', size: 1, logger },
      ...{ connectTimeoutMs: 5_000, statementTimeoutMs: 5_000, applicationName: 'atlas-test' },
    });
    try {
      await admin.query({ text: 'SELECT pg_wal_replay_pause()', values: [] });
      await writeHostile(60);
      const after = await now();
      const asked = { requirement: requirement({ class: 'OPERATIONAL', maxLagMs: 30_000, maxWaitMs: 50, after }) };
      const { shards, token } = await exported(60, 'ndjson', join(folder, 'token.ndjson'), asked);
      expect(shards[0]?.freshness).toMatchObject({ source: 'PRIMARY', reason: 'TOKEN_NOT_REACHED', lagMs: 0 });
      for (const [shard, position] of after.positions) {
        expect(token.positions.get(shard)).toBeGreaterThanOrEqual(position);
      }
      expect(token.catalogRevision).toBe(catalog.forTenant(60).latestRevision);
    } finally {
      await admin.query({ text: 'SELECT pg_wal_replay_resume()', values: [] });
      await admin.close();
    }
  });

  it('leaves no file behind that is not whole', async () => {
    const file = join(folder, 'cut.ndjson');
    writeFileSync(file, 'before');
    await writeHostile(70);
    const failing = {
      onProgress: () => {
        throw new Error('stopped');
      },
    };
    await expect(exported(70, 'ndjson', file, failing)).rejects.toThrow('stopped');
    expect(readFileSync(file, 'utf8')).toBe('before');
  });
});
