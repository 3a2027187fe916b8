import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { deleteStatements } from '../../src/datasources/postgres/moving/move-statements.ts';
import { makeStep, statementWork } from '../../src/datasources/postgres/moving/shard-step.ts';
import type { AttributeDefinition } from '../../src/domain/catalog/attribute.ts';
import { DeletedAttributeRemoval } from '../../src/replication/upkeep/deleted-attribute-removal.ts';
import { primaryPool } from '../support/postgres-pools.ts';
import { caughtUp, expectEqualStores, put, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';
import { lookupOf, TEST_ATTRIBUTES } from './support/test-attributes.ts';

const SECRET = 'only in the deleted attribute';

describe('a deleted attribute', () => {
  const { signal } = new AbortController();
  let shard: ReplicatedShard;
  let serve: ReturnType<typeof primaryPool>;
  let replicate: ReturnType<typeof primaryPool>;

  beforeAll(async () => {
    shard = await startReplicatedShard();
    serve = primaryPool(shard.endpoints, { actAs: 'atlas_serve' });
    replicate = primaryPool(shard.endpoints, { actAs: 'atlas_replicate', size: 2 });
  });
  beforeEach(() => shard.reset());
  afterEach(() => shard.sql('TRUNCATE atlas.attribute_move'));
  afterAll(async () => {
    await Promise.all([serve?.close(), replicate?.close()]);
    await shard?.stop();
  });

  /** An attribute of the tests, as the catalog has it while it is being deleted. */
  const deleting = (id: number): AttributeDefinition => {
    const definition = TEST_ATTRIBUTES.find((attribute) => attribute.id === id);
    if (definition === undefined) throw new Error(`There is no attribute ${id}`);
    return { ...definition, tenantId: 1, storage: { steps: 1, move: { kind: 'DELETE' } } };
  };
  /** As the catalog has it afterwards. */
  const deleted = (id: number): AttributeDefinition => ({
    ...deleting(id),
    ...{ key: `~${id}`, filterable: false, hotColumn: null, storage: { steps: 1, deleted: true } },
  });
  const knowing = (...definitions: AttributeDefinition[]) => {
    const ids = new Set(definitions.map(({ id }) => id));
    return lookupOf([...TEST_ATTRIBUTES.filter(({ id }) => !ids.has(id)), ...definitions]);
  };
  const remove = (id: number) =>
    makeStep(
      serve,
      deleting(id),
      0,
      statementWork(deleting(id), (span) => deleteStatements(deleting(id), span)),
      () => {},
      signal,
    );
  const traces = async () => {
    const rows = await shard.clickhouse.query<{ rows: string }>(
      `SELECT count() AS rows FROM entity WHERE attributes LIKE '%${SECRET}%' OR JSONHas(attributes, '2') OR text_1 = '${SECRET}'
       UNION ALL SELECT count() FROM entity_attribute WHERE attribute_id IN (1, 2)
       UNION ALL SELECT count() FROM entity_change
         WHERE hasAny(attribute_ids, [1, 2]) OR toString(before) LIKE '%${SECRET}%' OR toString(after) LIKE '%${SECRET}%'
           OR length(attribute_ids) != length(before) OR length(attribute_ids) != length(after)`,
    );
    return rows.reduce((sum, { rows: count }) => sum + Number(count), 0);
  };
  const fill = async () => {
    for (let id = 1; id <= 5; id++) await put(shard, id, { '1': `${SECRET} ${id}`, '2': id, '3': true });
    await put(shard, 6, { '3': false });
  };

  it('is gone from ClickHouse, with all earlier versions of the entities that had it', async () => {
    await fill();
    await shard.replicator({
      attributes: knowing(deleting(1), deleting(2)),
      upkeep: [
        new DeletedAttributeRemoval({
          ...{ shard: 's0', primary: replicate, clickhouse: shard.clickhouse, periodMs: 50, graceMs: 0 },
        }),
      ],
    });
    await caughtUp(shard);
    for (let id = 1; id <= 5; id++) await put(shard, id, { '1': `${SECRET} again`, '2': -id, '3': true });
    await caughtUp(shard);
    expect(await traces()).toBeGreaterThan(10);
    await remove(1);
    await remove(2);
    await vi.waitFor(async () => {
      await shard.beat();
      expect(await shard.sql('SELECT FROM atlas.attribute_move WHERE removed_at IS NULL')).toEqual([]);
    }, WAIT);
    expect(await traces()).toBe(0);
    await expectEqualStores(shard);
    expect(await shard.sql("SELECT version FROM atlas.entity WHERE version <> 2 AND attributes ? '1'")).toEqual([]);
  });

  it('is gone even if its rows were written long before its removal arrives, with a catalog that has forgotten it', async () => {
    const before = await shard.replicator();
    await fill();
    await caughtUp(shard);
    await before.stop();
    await put(shard, 1, { '1': 'changed', '2': 7, '3': true });
    await remove(1);
    await remove(2);
    await shard.replicator({ attributes: knowing(deleted(1), deleted(2)) });
    await caughtUp(shard);
    await expectEqualStores(shard);
    const visible = 'SELECT attribute_id FROM entity_attribute FINAL WHERE attribute_id IN (1, 2)';
    expect(await shard.clickhouse.query(visible)).toEqual([]);
  });
});
