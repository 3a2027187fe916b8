import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresDatabase } from '../../../../src/connections/postgres/postgres-database.ts';
import { moveStep } from '../../../../src/datasources/postgres/moving/move-step.ts';
import type { AttributeType } from '../../../../src/domain/catalog/attribute.ts';
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

describe('deleting an attribute with its values', () => {
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

  const define = async (key: string, type: AttributeType, hot = false) => {
    await process.catalog.define(authorOf(tenant), [{ key, type, hot }]);
    return definitionOf(process, tenant, key);
  };
  const change = (key: string, kind: 'retire' | 'restore' | 'delete') =>
    process.catalog.change(authorOf(tenant), { key, change: { kind }, expectedVersion: null });
  const begin = async (key: string) => {
    await change(key, 'retire');
    return change(key, 'delete');
  };
  const finish = async (key: string, primaries: readonly PostgresDatabase[] = shards.primaries, by = process) =>
    moveStep(moving(by, primaries), definitionOf(by, tenant, key), signal);
  const entities = () =>
    shards.sql<{ entity_id: string; version: string; attributes: object; text_1: string | null }>(
      `SELECT entity_id, version, attributes, attribute_updated_at, text_1 FROM atlas.entity WHERE tenant_id = ${tenant} ORDER BY entity_id`,
    );
  const indexed = (id: number) => shards.sql(`SELECT FROM atlas.entity_attribute WHERE attribute_id = ${id}`);

  it('removes them from the entities, their columns and their index, and frees the key', async () => {
    const kept = await define('kept', 'NUMBER');
    const [hot, tail] = [await define('hot', 'TEXT', true), await define('tail', 'JSON')];
    for (let id = 1; id <= 30; id++) {
      await write(process, tenant, String(id), [
        [kept, id],
        [hot, `h${id}`],
        [tail, { id }],
      ]);
    }
    await write(process, tenant, '1', [[tail, { id: 'changed' }]]);
    await begin('hot');
    await begin('tail');
    await finish('hot');
    await finish('tail');
    const left = await entities();
    expect(left).toHaveLength(30);
    for (const { entity_id, version, ...entity } of left) {
      expect(entity).toEqual({ attributes: { [kept.id]: Number(entity_id) }, attribute_updated_at: {}, text_1: null });
      expect(version).toBe(entity_id === '1' ? '2' : '1');
    }
    expect([...(await indexed(hot.id)), ...(await indexed(tail.id))]).toEqual([]);
    const view = process.catalog.forTenant(tenant);
    expect([view.byKey('hot'), view.retired(), view.byId(hot.id)?.storage.deleted]).toEqual([undefined, [], true]);
    expect((await shards.process()).catalog.forTenant(tenant).byKey('tail')).toBeUndefined();
    const again = await define('hot', 'NUMBER', true);
    expect(again).toMatchObject({ type: 'NUMBER', hotColumn: 'number_1', version: 1 });
    expect(again.id).not.toBe(hot.id);
    expect((await define('other', 'TEXT', true)).hotColumn).toBe('text_1');
  });

  it('is refused for an attribute that is in use, and cannot be taken back', async () => {
    await define('used', 'TEXT');
    await expect(change('used', 'delete')).rejects.toMatchObject({ code: 'ATTRIBUTE_INVALID' });
    const begun = await begin('used');
    expect(begun.storage.move).toEqual({ kind: 'DELETE' });
    await expect(change('used', 'restore')).rejects.toMatchObject({ code: 'ATTRIBUTE_INVALID' });
    expect(await change('used', 'delete')).toEqual(begun);
  });

  it('holds against a process that has not heard of it', async () => {
    const gone = await define('gone', 'TEXT');
    const kept = await define('kept', 'TEXT');
    const stale = await shards.process();
    await write(stale, tenant, '1', [[gone, 'x']]);
    // As if no notification arrived.
    await stale.catalog.stop();
    await begin('gone');
    await finish('gone');
    expect(definitionOf(stale, tenant, 'gone').retiredAt).toBeNull();
    expect(await write(stale, tenant, '1', [[gone, 'y']])).toBe('ATTRIBUTE_UNKNOWN');
    expect(await write(stale, tenant, '1', [[kept, 'z']])).toBe('UPDATED');
    expect(await entities()).toMatchObject([{ attributes: { [kept.id]: 'z' } }]);
    expect(await indexed(gone.id)).toEqual([]);
  });

  it('leaves nothing behind while entities are written, changed and deleted all the time', async () => {
    const [gone, kept] = [await define('gone', 'TEXT', true), await define('kept', 'NUMBER')];
    const ids = Array.from({ length: 40 }, (_, n) => String(n + 1));
    for (const id of ids) await write(process, tenant, id, [[gone, `g${id}`]]);
    const stale = await shards.process();
    let isOver = false;
    const last = new Map<string, number>();
    const writers = [process, stale].map(async (by, nth) => {
      for (let n = 0; !isOver; n++) {
        const id = ids[(n * 7 + nth * 20) % ids.length] ?? '';
        // Each entity has one writer.
        if (Number(id) % 2 !== nth) continue;
        if (n % 5 === 0) await by.writer.delete(authorOf(tenant), id, null);
        else await write(by, tenant, id, [[kept, n]]);
        if (n % 5 === 0) last.delete(id);
        else last.set(id, n);
        await sleep(0);
      }
    });
    await begin('gone');
    await finish('gone');
    isOver = true;
    await Promise.all(writers);
    for (const { entity_id, attributes, text_1 } of await entities()) {
      const value = last.get(entity_id);
      expect([entity_id, attributes, text_1]).toEqual([
        entity_id,
        value === undefined ? {} : { [kept.id]: value },
        null,
      ]);
    }
    expect(await indexed(gone.id)).toEqual([]);
  });

  it('is continued by another process wherever the first one is killed', { timeout: 120_000 }, async () => {
    const other = await shards.process();
    for (let at = 1; ; at++) {
      tenant = 1_000 + at;
      const gone = await define('gone', 'NUMBER');
      for (const id of ['1', '2', '3']) await write(process, tenant, id, [[gone, Number(id)]]);
      await begin('gone');
      const killed = killedAt(shards.primaries, at);
      await finish('gone', killed.primaries).catch((error: Error) => {
        if (!error.message.startsWith('killed')) throw error;
      });
      if (killed.wasKilled()) {
        await other.catalog.refresh();
        if (other.catalog.forTenant(tenant).byKey('gone') !== undefined) await finish('gone', shards.primaries, other);
      }
      expect(await indexed(gone.id)).toEqual([]);
      expect((await entities()).map(({ attributes }) => attributes)).toEqual([{}, {}, {}]);
      await process.catalog.refresh();
      expect(process.catalog.forTenant(tenant).byKey('gone')).toBeUndefined();
      if (!killed.wasKilled()) {
        expect(at).toBeGreaterThan(20);
        break;
      }
    }
  });
});
