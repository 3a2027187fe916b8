import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import { insertDefinitions } from '../../../../src/datasources/postgres/catalog/catalog-row.ts';
import { PostgresEntityWriter } from '../../../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import type { Author } from '../../../../src/domain/caller.ts';
import { systemClock } from '../../../../src/lib/clock.ts';
import { ShardMap } from '../../../../src/sharding/shard-map.ts';
import { attribute } from '../../../support/domain.ts';
import { FIXED_DEFINITIONS } from '../../../support/fixed-definitions.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';

const size = attribute({ id: 2, key: 'size', type: 'NUMBER' });

describe('the audit of writes', () => {
  let cluster: TestCluster;
  let pool: PostgresPool;
  let serve: PostgresPool;
  let writer: PostgresEntityWriter;

  const sql = <Row extends object>(text: string, values: unknown[] = []) => pool.query<Row>({ text, values });
  const put = (author: Author, id: string, value: number, expectedVersion: bigint | null = null) =>
    writer.upsert(author, [{ id, type: 'user', set: [{ attribute: size, value }], remove: [], expectedVersion }]);
  const audited = (tenant: number) =>
    sql(
      `SELECT subject, operation, entity_id, attribute_id, old_version, new_version FROM atlas.audit
       WHERE tenant_id = $1 ORDER BY audit_id`,
      [tenant],
    );
  const entry = (
    subject: string | null,
    operation: string,
    entity: string,
    from: string | null,
    to: string | null,
  ) => ({
    ...{ subject, operation, entity_id: entity, attribute_id: null },
    ...{ old_version: from, new_version: to },
  });
  const partitions = async () =>
    (
      await sql<{ name: string }>(
        "SELECT relname AS name FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'atlas.audit'::regclass ORDER BY 1",
      )
    ).map(({ name }) => name);

  beforeAll(async () => {
    cluster = await startPostgresCluster();
    pool = primaryPool(cluster.endpoints);
    serve = primaryPool(cluster.endpoints, { actAs: 'atlas_serve', size: 8 });
    writer = new PostgresEntityWriter(
      new ShardMap([cluster.endpoints], { kind: 'hash' }),
      [serve],
      systemClock,
      {
        maxEntityBytes: 10_000,
      },
      FIXED_DEFINITIONS,
    );
  });
  afterAll(async () => {
    await Promise.all([pool?.close(), serve?.close()]);
    await cluster?.stop();
  });

  it('records who created, changed and deleted an entity, with the versions', async () => {
    const ann = { tenantId: 1, subject: 'ann' };
    const nobody = { tenantId: 1, subject: null };
    await put(ann, '1', 1);
    await put(nobody, '1', 2);
    await writer.delete(ann, '1', null);
    expect(await audited(1)).toEqual([
      entry('ann', 'CREATE_ENTITY', '1', null, '1'),
      entry(null, 'UPDATE_ENTITY', '1', '1', '2'),
      entry('ann', 'DELETE_ENTITY', '1', '2', null),
    ]);
  });

  it('records when: at the moment of the write', async () => {
    const before = Date.now();
    await put({ tenantId: 2, subject: 'ann' }, '1', 1);
    const [row] = await sql<{ at: Date }>('SELECT at FROM atlas.audit WHERE tenant_id = 2');
    expect(row?.at.getTime()).toBeGreaterThanOrEqual(before - 1);
    expect(row?.at.getTime()).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('records nothing that was not written', async () => {
    const author = { tenantId: 3, subject: 'ann' };
    await put(author, '1', 1);
    const [same, conflict] = [await put(author, '1', 1), await put(author, '1', 2, 7n)];
    expect([same, conflict].map(({ outcome }) => outcome[0]?.status)).toEqual(['UNCHANGED', 'FAILED']);
    await writer.delete(author, '99', null);
    await expect(writer.delete(author, '1', 9n)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    expect(await audited(3)).toEqual([entry('ann', 'CREATE_ENTITY', '1', null, '1')]);
  });

  it('records every version of an entity that many change at once, exactly once', async () => {
    const author = { tenantId: 4, subject: 'ann' };
    await Promise.all(Array.from({ length: 12 }, (_, value) => put(author, '1', value)));
    const versions = (await audited(4)).map((row) => Object.values(row).at(-1));
    const [stored] = await sql<{ version: string }>('SELECT version FROM atlas.entity WHERE tenant_id = 4');
    expect(versions.sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: Number(stored?.version) }, (_, index) => String(index + 1)),
    );
  });

  it('records definitions', async () => {
    const definition = { key: 'a', type: 'TEXT' as const, description: null, entityTypes: [], filterable: true };
    const [made] = await insertDefinitions(serve, { tenantId: 5, subject: 'ann' }, 5, [
      { ...definition, exposed: false, hotColumn: null, rules: {}, access: {}, unique: false },
    ]);
    expect(await audited(5)).toEqual([
      {
        ...entry('ann', 'DEFINE_ATTRIBUTE', '', null, null),
        entity_id: null,
        attribute_id: made?.definition.id,
      },
    ]);
  });

  it('can be read and added to by what serves requests, for its tenant only, and not changed', async () => {
    await put({ tenantId: 8, subject: 'ann' }, '1', 1);
    const as = (tenant: number, text: string) => serve.query({ tenant, text, values: [] });
    expect(await as(8, 'SELECT FROM atlas.audit')).toHaveLength(1);
    expect(await as(9, 'SELECT FROM atlas.audit WHERE tenant_id = 8')).toEqual([]);
    for (const text of [
      "UPDATE atlas.audit SET subject = 'bob'",
      'DELETE FROM atlas.audit',
      'TRUNCATE atlas.audit',
      'SELECT FROM atlas.audit_rest',
      'SELECT atlas.keep_audit(1)',
      "INSERT INTO atlas.audit (tenant_id, at, operation) VALUES (9, now(), 'UPDATE_ENTITY')",
    ]) {
      await expect(as(8, text)).rejects.toMatchObject({ sqlState: '42501' });
    }
  });

  it('keeps a partition per month for the time to come', async () => {
    const now = new Date();
    const months = [0, 1, 2, 3].map((ahead) => {
      const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead));
      return `audit_${month.toISOString().slice(0, 7).replace('-', '')}`;
    });
    expect(await partitions()).toEqual([...months, 'audit_rest']);
    await sql(`DROP TABLE atlas.${months[3]}`);
    await sql('SELECT atlas.keep_audit(30)');
    expect(await partitions()).toEqual([...months, 'audit_rest']);
  });

  it('drops a month of which every row is too old, and none else', async () => {
    await sql(`
      CREATE TABLE atlas.audit_202001 PARTITION OF atlas.audit FOR VALUES FROM ('2020-01-01Z') TO ('2020-02-01Z')`);
    await sql(`INSERT INTO atlas.audit (tenant_id, at, operation) VALUES (6, '2020-01-15Z', 'UPDATE_ENTITY')`);
    const ageOf = (moment: string) => Math.floor((Date.now() - Date.parse(moment)) / 86_400_000);
    const keep = async (days: number) =>
      (await sql<{ dropped: string[] }>('SELECT atlas.keep_audit($1) AS dropped', [days]))[0]?.dropped;
    expect(await keep(ageOf('2020-01-30T00:00:00Z'))).toEqual([]);
    expect(await audited(6)).toHaveLength(1);
    expect(await keep(ageOf('2020-02-02T00:00:00Z'))).toEqual(['audit_202001']);
    expect(await audited(6)).toEqual([]);
  });

  it('empties what no month took once all of it is too old', async () => {
    await sql(`INSERT INTO atlas.audit (tenant_id, at, operation) VALUES (7, '2020-01-15Z', 'UPDATE_ENTITY')`);
    expect(await audited(7)).toHaveLength(1);
    expect(await sql('SELECT atlas.keep_audit(30) AS dropped')).toEqual([{ dropped: ['audit_rest'] }]);
    expect(await audited(7)).toEqual([]);
  });
});
