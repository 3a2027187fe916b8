import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PostgresDatabase } from '../../../../src/connections/postgres/postgres-database.ts';
import { clearStatements } from '../../../../src/datasources/postgres/moving/move-statements.ts';
import { type MoveOptions, moveStep } from '../../../../src/datasources/postgres/moving/move-step.ts';
import { PostgresEntityReader } from '../../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { count } from '../../../../src/datasources/questions/count.ts';
import type { AttributeType, AttributeValue } from '../../../../src/domain/catalog/attribute.ts';
import type { DefinitionUpdate } from '../../../../src/domain/catalog/attribute-change.ts';
import { predicateNameOf } from '../../../../src/domain/filter/predicate-types.ts';
import { resolveFilter } from '../../../../src/domain/filter/resolve-filter.ts';
import { authorOf } from '../../../support/author.ts';
import {
  definitionOf,
  killedAt,
  type MovingProcess,
  type MovingShards,
  moving,
  startMovingShards,
  write,
} from './support/moving-shards.ts';

const LIMITS = { maxNodes: 10, maxListItems: 10 };
/** A value of each type, and another one; the long text differs beyond what is indexed. */
const VALUES: Readonly<Record<AttributeType, readonly [AttributeValue, AttributeValue]>> = {
  TEXT: [`${'x'.repeat(300)}1`, `${'x'.repeat(300)}2`],
  NUMBER: [-0.5, 1e300],
  BOOLEAN: [true, false],
  TIMESTAMP: ['2026-01-02T03:04:05.678Z', '1969-12-31T23:59:59.999Z'],
  JSON: [{ b: [1, null], a: 'ä' }, null],
  REFERENCE: ['7', '9223372036854775807'],
  TEXT_LIST: [['a', 'b', 'a'], []],
  NUMBER_LIST: [[1.5], [2, 1.5]],
};

describe('moving the values of an attribute', () => {
  const { signal } = new AbortController();
  let shards: MovingShards;
  let process: MovingProcess;
  let tenant = 0;

  beforeAll(async () => {
    shards = await startMovingShards();
    process = await shards.process();
  });
  beforeEach(() => {
    tenant += 1;
  });
  afterAll(() => shards?.stop());

  const define = async (key: string, type: AttributeType, how: { filterable?: boolean; hot?: boolean } = {}) => {
    await process.catalog.define(authorOf(tenant), [{ key, type, ...how }]);
    return definitionOf(process, tenant, key);
  };
  const update = (key: string, change: DefinitionUpdate) =>
    process.catalog.change(authorOf(tenant), {
      key,
      change: { kind: 'update', update: change },
      expectedVersion: null,
    });
  const step = (
    key: string,
    by = process,
    primaries: readonly PostgresDatabase[] = shards.primaries,
    more: Partial<MoveOptions> = {},
  ) => moveStep({ ...moving(by, primaries), ...more }, definitionOf(by, tenant, key), signal);
  /** All steps, with something after each. */
  const finish = async (key: string, between: () => Promise<void> = async () => {}) => {
    while (definitionOf(process, tenant, key).storage.move !== undefined) {
      expect(await step(key)).toBe(true);
      await between();
    }
  };
  /** How many entities have the attribute, and how many have this value, as a filter finds them. */
  const found = async (key: string, value: AttributeValue, by = process): Promise<readonly [number, number]> => {
    const { type } = definitionOf(by, tenant, key);
    const catalog = by.catalog.forTenant(tenant);
    const ask = async (predicate: object) => {
      const filter = resolveFilter({ attributes: [{ key, ...predicate }] }, catalog, LIMITS);
      const counts = shards.primaries.map((primary) =>
        new PostgresEntityReader(primary).ask(count({ tenantId: tenant, type: null, filter }), signal),
      );
      return (await Promise.all(counts)).reduce((sum, { data }) => sum + Number(data), 0);
    };
    const eq = type === 'TIMESTAMP' ? new Date(String(value)) : value;
    const predicate = Array.isArray(value) ? { containsAll: value, size: { eq: value.length } } : { eq };
    return [await ask({ exists: true }), await ask({ [predicateNameOf(type)]: predicate })];
  };
  const stored = (id: number) =>
    shards.sql<{ column: boolean; row: boolean }>(
      `SELECT e.entity_id, coalesce(text_1, number_1::text, boolean_1::text, timestamp_1::text) IS NOT NULL AS "column", a.entity_id IS NOT NULL AS "row"
       FROM atlas.entity e LEFT JOIN atlas.entity_attribute a ON a.tenant_id = e.tenant_id AND a.entity_id = e.entity_id AND a.attribute_id = ${id}
       WHERE e.tenant_id = ${tenant} AND e.attributes ? '${id}'`,
    );

  it.each(['TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP'] as const)(
    'makes %s hot, and no longer, with the same answers all the time',
    async (type) => {
      const attribute = await define('moved', type);
      const [value, other] = VALUES[type];
      for (let id = 1; id <= 12; id++)
        await write(process, tenant, String(id), id % 3 === 0 ? [] : [[attribute, id % 2 === 0 ? value : other]]);
      const before = await found('moved', value);
      expect(before).toEqual([8, 4]);
      const same = async () => expect(await found('moved', value)).toEqual(before);
      const versions = await shards.sql(
        `SELECT entity_id, version, updated_at FROM atlas.entity WHERE tenant_id = ${tenant} ORDER BY 1`,
      );
      expect((await update('moved', { hot: true })).storage.move).toMatchObject({ kind: 'BUILD' });
      await same();
      await finish('moved', same);
      expect(definitionOf(process, tenant, 'moved').hotColumn).toBe(`${type.toLowerCase()}_1`);
      expect(await stored(attribute.id)).toEqual(Array(8).fill(expect.objectContaining({ column: true, row: false })));
      await update('moved', { hot: false });
      await finish('moved', same);
      expect(definitionOf(process, tenant, 'moved')).toMatchObject({ hotColumn: null, filterable: true });
      expect(await stored(attribute.id)).toEqual(Array(8).fill(expect.objectContaining({ column: false, row: true })));
      expect(
        await shards.sql(
          `SELECT entity_id, version, updated_at FROM atlas.entity WHERE tenant_id = ${tenant} ORDER BY 1`,
        ),
      ).toEqual(versions);
    },
  );

  it.each(['TEXT', 'JSON', 'TEXT_LIST', 'NUMBER_LIST'] as const)('makes %s filterable, and no longer', async (type) => {
    const attribute = await define('tail', type, { filterable: false });
    const [value, other] = VALUES[type];
    for (let id = 1; id <= 6; id++)
      await write(process, tenant, String(id), [[attribute, id % 2 === 0 ? value : other]]);
    const refused = () => expect(found('tail', value)).rejects.toMatchObject({ code: 'ATTRIBUTE_NOT_FILTERABLE' });
    await update('tail', { filterable: true });
    await refused();
    await finish('tail');
    expect(await found('tail', value)).toEqual([6, 3]);
    await update('tail', { filterable: false });
    await refused();
    await finish('tail', refused);
    expect(await stored(attribute.id)).toEqual(Array(6).fill(expect.objectContaining({ row: false })));
  });

  it('takes fewer entities at once if their lists are long', async () => {
    const attribute = await define('long', 'NUMBER_LIST', { filterable: false });
    const list = Array.from({ length: 1_000 }, (_, n) => n);
    const writes = Array.from({ length: 60 }, (_, n) => ({
      ...{ id: String(n + 1), type: 'user', remove: [], expectedVersion: null },
      set: [{ attribute, value: list }],
    }));
    await process.writer.upsert(authorOf(tenant), writes);
    const batches = async (filterable: boolean) => {
      await update('long', { filterable });
      const reached = new Map<string, number>();
      const most: number[] = [];
      while (definitionOf(process, tenant, 'long').storage.move !== undefined) {
        const definition = definitionOf(process, tenant, 'long');
        await moveStep(moving(process, shards.primaries), definition, signal, ({ shard, entities }) => {
          most.push(entities - Math.min(entities, reached.get(shard) ?? 0));
          reached.set(shard, entities);
        });
      }
      return Math.max(...most);
    };
    const elements = () =>
      shards.sql(`SELECT count(*)::integer AS n FROM atlas.entity_element WHERE attribute_id = ${attribute.id}`);
    expect(await batches(true)).toBe(20);
    expect((await elements()).reduce((sum, row) => sum + (row as { n: number }).n, 0)).toBe(60_000);
    expect(await batches(false)).toBe(20);
    expect(await elements()).toEqual([{ n: 0 }, { n: 0 }]);
  });

  it('keeps the column of an attribute that is on the way, and gives it away when it is empty', async () => {
    const first = await define('first', 'BOOLEAN', { hot: true });
    await define('second', 'BOOLEAN', { hot: true });
    await define('third', 'BOOLEAN');
    await write(process, tenant, '1', [[first, true]]);
    await expect(update('third', { hot: true })).rejects.toMatchObject({ code: 'ATTRIBUTE_INVALID' });
    await update('first', { hot: false });
    while (definitionOf(process, tenant, 'first').storage.move !== undefined) {
      await expect(update('third', { hot: true })).rejects.toMatchObject({ code: 'ATTRIBUTE_INVALID' });
      await step('first');
    }
    await update('third', { hot: true });
    await finish('third');
    expect(definitionOf(process, tenant, 'third').hotColumn).toBe('boolean_1');
    expect(await found('third', true)).toEqual([0, 0]);
    expect(await found('first', true)).toEqual([1, 1]);
  });

  it('refuses what contradicts itself, or what would turn round on the way', async () => {
    await define('way', 'TEXT');
    await expect(update('way', { hot: true, filterable: false })).rejects.toMatchObject({ code: 'ATTRIBUTE_INVALID' });
    const begun = await update('way', { hot: true });
    expect(await update('way', { hot: true })).toEqual(begun);
    await expect(update('way', { hot: false })).rejects.toThrow(
      'on the way to another place; retry when that is complete',
    );
    expect(await update('way', { description: 'meanwhile' })).toMatchObject({ storage: begun.storage });
  });

  it('waits for the copies that are read, and for the requests that still read the old place', async () => {
    const attribute = await define('slow', 'NUMBER');
    await write(process, tenant, '1', [[attribute, 1]]);
    await update('slow', { hot: true });
    expect(await step('slow', process, shards.primaries, { hasReached: async (shard) => shard === 's0' })).toBe(false);
    expect(definitionOf(process, tenant, 'slow').hotColumn).toBeNull();
    expect(await step('slow')).toBe(true);
    const leaving = definitionOf(process, tenant, 'slow');
    expect(leaving).toMatchObject({ hotColumn: 'number_1', storage: { move: { kind: 'LEAVE', place: 'row' } } });
    const early = { graceMs: 1_000, clock: { now: () => leaving.updatedAt.getTime() + 999 } };
    expect(await step('slow', process, shards.primaries, early)).toBe(false);
    const late = { graceMs: 1_000, clock: { now: () => leaving.updatedAt.getTime() + 1_000 } };
    expect(await step('slow', process, shards.primaries, late)).toBe(true);
    expect(definitionOf(process, tenant, 'slow').storage.move).toEqual({ kind: 'CLEAR', place: 'row' });
  });

  it('touches nothing of an entity before it has locked it, as writers do: neither waits for the other in a circle', async () => {
    const attribute = await define('locked', 'NUMBER');
    await write(process, tenant, '1', [[attribute, 1]]);
    const asWriter = (text: string) => ({ tenant, text: `${text} WHERE tenant_id = $1`, values: [tenant] });
    const [clear] = clearStatements(attribute, 'row', { after: null, upTo: null });
    if (clear === undefined) throw new Error('no statement');
    for (const primary of shards.primaries) {
      const [clearing] = await primary.transaction(async (writer) => {
        const rows = await writer.query(asWriter('SELECT FROM atlas.entity_attribute'));
        await writer.query(asWriter('UPDATE atlas.entity SET version = version'));
        const cleared = primary.query({ tenant, ...clear });
        await vi.waitFor(async () =>
          expect(await shards.sql("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).toHaveLength(
            rows.length,
          ),
        );
        await writer.query(asWriter('UPDATE atlas.entity_attribute SET value_number = 2'));
        return [cleared];
      });
      await clearing;
    }
    expect(await stored(attribute.id)).toEqual([expect.objectContaining({ row: false })]);
  });

  it('loses nothing that processes write meanwhile, one of which has not heard of it', async () => {
    const attribute = await define('busy', 'NUMBER');
    const other = await define('other', 'NUMBER');
    const stale = await shards.process();
    await stale.catalog.stop();
    const ids = Array.from({ length: 30 }, (_, n) => String(n + 1));
    const last = new Map<string, number>();
    for (const id of ids) {
      await write(process, tenant, id, [[attribute, 0]]);
      last.set(id, 0);
    }
    let isOver = false;
    const writers = [process, stale].map(async (by, nth) => {
      for (let n = 1; !isOver; n++) {
        const id = ids[(n * 7 + nth) % ids.length] ?? '';
        if (Number(id) % 2 !== nth) continue;
        if (n % 4 === 0) await write(by, tenant, id, [[other, n]]);
        else if (n % 9 === 0) {
          await write(by, tenant, id, [], [attribute]);
          last.delete(id);
        } else {
          await write(by, tenant, id, [[attribute, n % 5]]);
          last.set(id, n % 5);
        }
        await sleep(0);
      }
    });
    for (const change of [{ hot: true }, { hot: false }, { filterable: false }, { filterable: true }, { hot: true }]) {
      await update('busy', change);
      await finish('busy');
    }
    isOver = true;
    await Promise.all(writers);
    for (let value = 0; value < 5; value++) {
      const expected = [...last.values()].filter((number) => number === value).length;
      expect([value, ...(await found('busy', value))]).toEqual([value, last.size, expected]);
    }
    const rows = await stored(attribute.id);
    expect(rows).toEqual(Array(last.size).fill(expect.objectContaining({ column: true, row: false })));
  });

  it('is continued by another process wherever the first one is killed, with the same answers', {
    timeout: 120_000,
  }, async () => {
    const other = await shards.process();
    for (let at = 1; ; at += 3) {
      tenant = 1_000 + at;
      const attribute = await define('moved', 'NUMBER');
      for (const id of ['1', '2', '3']) await write(process, tenant, id, [[attribute, Number(id)]]);
      await update('moved', { hot: true });
      const killed = killedAt(shards.primaries, at);
      try {
        while (definitionOf(process, tenant, 'moved').storage.move !== undefined)
          await step('moved', process, killed.primaries);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('killed'))) throw error;
      }
      expect(await found('moved', 2)).toEqual([3, 1]);
      await other.catalog.refresh();
      while (definitionOf(other, tenant, 'moved').storage.move !== undefined) await step('moved', other);
      expect(await found('moved', 2, other)).toEqual([3, 1]);
      expect(await stored(attribute.id)).toEqual(Array(3).fill(expect.objectContaining({ column: true, row: false })));
      await process.catalog.refresh();
      if (!killed.wasKilled()) {
        expect(at).toBeGreaterThan(40);
        break;
      }
    }
  });
});
