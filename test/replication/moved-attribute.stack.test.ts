import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlace } from '../../src/datasources/postgres/moving/build-place.ts';
import { clearStatements } from '../../src/datasources/postgres/moving/move-statements.ts';
import { makeStep, type StepWork, statementWork } from '../../src/datasources/postgres/moving/shard-step.ts';
import type { AttributeDefinition, AttributeLookup } from '../../src/domain/catalog/attribute.ts';
import { rowPlace } from '../../src/domain/catalog/attribute-place.ts';
import type { AttributeStorage } from '../../src/domain/catalog/attribute-storage.ts';
import { primaryPool } from '../support/postgres-pools.ts';
import { caughtUp, put } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';
import { lookupOf, TEST_ATTRIBUTES } from './support/test-attributes.ts';

/** TEXT, not filterable. */
const TAIL = 6;

describe('an attribute that becomes filterable, in ClickHouse', () => {
  const { signal } = new AbortController();
  let shard: ReplicatedShard;
  let serve: ReturnType<typeof primaryPool>;

  beforeAll(async () => {
    shard = await startReplicatedShard();
    serve = primaryPool(shard.endpoints, { actAs: 'atlas_serve' });
  });
  beforeEach(async () => {
    await shard.reset();
    await shard.sql('UPDATE atlas.shard SET needed_catalog = 0');
    for (let id = 1; id <= 5; id++) await put(shard, id, { [TAIL]: `tail ${id}` });
    await put(shard, 6, {});
  });
  afterEach(() => shard.sql('TRUNCATE atlas.attribute_move, atlas.entity_attribute'));
  afterAll(async () => {
    await serve?.close();
    await shard?.stop();
  });

  const tail = (storage: AttributeStorage, filterable: boolean): AttributeDefinition => {
    const definition = TEST_ATTRIBUTES.find(({ id }) => id === TAIL);
    if (definition === undefined) throw new Error('There is no such attribute');
    return { ...definition, tenantId: 1, storage, filterable };
  };
  const BUILDING = tail({ steps: 1, move: { kind: 'BUILD', place: 'row' } }, false);
  const BUILT = tail({ steps: 2 }, true);
  const CLEARING = tail({ steps: 4, move: { kind: 'CLEAR', place: 'row' } }, false);
  /** A catalog with this definition of the attribute. */
  const knowing = (definition: AttributeDefinition) =>
    lookupOf([...TEST_ATTRIBUTES.filter(({ id }) => id !== TAIL), definition]);
  const make = (definition: AttributeDefinition, work: StepWork, revision: number) =>
    makeStep(serve, definition, revision, work, () => {}, signal);
  const build = (revision = 1) => make(BUILDING, buildPlace(BUILDING, rowPlace('TEXT')), revision);
  const clear = (revision = 1) =>
    make(
      CLEARING,
      statementWork(CLEARING, (span) => clearStatements(CLEARING, 'row', span)),
      revision,
    );
  const rows = async () => {
    const copyId = (await shard.sink.position())?.copyId;
    const select = `SELECT toString(entity_id) AS id, value_text FROM entity_attribute FINAL
      WHERE copy_id = {copyId:UInt64} AND attribute_id = ${TAIL} ORDER BY entity_id`;
    const clickhouse = await shard.clickhouse.query(select, { copyId });
    const postgres = await shard.sql(
      `SELECT entity_id::text AS id, value_text FROM atlas.entity_attribute WHERE attribute_id = ${TAIL} ORDER BY entity_id`,
    );
    expect(clickhouse).toEqual(postgres);
    return clickhouse.length;
  };

  it('gets a row for each value, and loses them when it is no longer filterable', async () => {
    const building = await shard.replicator({ attributes: knowing(BUILDING) });
    await build();
    await caughtUp(shard);
    expect(await rows()).toBe(5);
    await building.stop();
    await shard.replicator({ attributes: knowing(CLEARING) });
    await clear();
    await caughtUp(shard);
    expect(await rows()).toBe(0);
    const versions = await shard.sql('SELECT DISTINCT version FROM atlas.entity');
    expect(versions).toEqual([{ version: '1' }]);
  });

  it('gets them from a process that hears of it only through the stream', async () => {
    let known: AttributeLookup = lookupOf(TEST_ATTRIBUTES);
    const heard: number[] = [];
    await shard.replicator({
      attributes: {
        byId: (id) => known.byId(id),
        refresh: async () => {},
        moving: () => [],
        atLeast: async (revision) => {
          if (revision === 0) return;
          heard.push(revision);
          known = knowing(BUILDING);
        },
      },
    });
    await caughtUp(shard);
    await build(7);
    await caughtUp(shard);
    expect(heard).toEqual([7]);
    expect(await rows()).toBe(5);
  });

  it('gets them from a process that comes long after, with a catalog in which it is over', async () => {
    const before = await shard.replicator();
    await caughtUp(shard);
    await before.stop();
    await build();
    const after = await shard.replicator({ attributes: knowing(BUILT) });
    await caughtUp(shard);
    expect(await rows()).toBe(5);
    await after.stop();
    await clear();
    await shard.replicator({ attributes: knowing(tail({ steps: 5 }, false)) });
    await caughtUp(shard);
    expect(await rows()).toBe(0);
  });

  it('has them in a copy that is made anew', async () => {
    await build();
    await shard.replicator({ attributes: knowing(BUILT) });
    await caughtUp(shard);
    expect(await rows()).toBe(5);
  });
});
