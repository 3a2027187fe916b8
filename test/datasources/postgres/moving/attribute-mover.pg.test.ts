import { EventEmitter, once } from 'node:events';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AttributeMover } from '../../../../src/datasources/postgres/moving/attribute-mover.ts';
import type { HasReached } from '../../../../src/datasources/postgres/moving/move-step.ts';
import { systemClock } from '../../../../src/lib/clock.ts';
import { authorOf } from '../../../support/author.ts';
import {
  definitionOf,
  type MovingProcess,
  type MovingShards,
  startMovingShards,
  write,
} from './support/moving-shards.ts';

const WAIT = { timeout: 15_000, interval: 20 };

describe('the attribute mover', () => {
  let shards: MovingShards;
  let process: MovingProcess;

  beforeAll(async () => {
    shards = await startMovingShards();
    process = await shards.process();
  });
  afterAll(() => shards?.stop());

  async function startMover(by: MovingProcess, hasReached: HasReached = async () => true): Promise<AttributeMover> {
    const mover = new AttributeMover({
      ...{ catalog: by.catalog, primaries: shards.primaries, hasReached, clock: systemClock },
      ...{ graceMs: 0, periodMs: 20, logger: pino({ level: 'silent' }) },
    });
    await mover.start();
    onTestFinished(() => mover.stop());
    return mover;
  }
  const hot = (tenant: number, key: string) =>
    process.catalog.change(authorOf(tenant), {
      key,
      change: { kind: 'update', update: { hot: true } },
      expectedVersion: null,
    });

  it('makes all steps that the catalog asks for, without being asked, with another process at work on the same', async () => {
    await process.catalog.define(authorOf(1), [{ key: 'score', type: 'NUMBER' }]);
    const score = definitionOf(process, 1, 'score');
    for (let id = 1; id <= 20; id++) await write(process, 1, String(id), [[score, id]]);
    const other = await shards.process();
    await Promise.all([startMover(process), startMover(other)]);
    await hot(1, 'score');
    await vi.waitFor(() => expect(definitionOf(process, 1, 'score').storage.move).toBeUndefined(), WAIT);
    expect(definitionOf(process, 1, 'score').hotColumn).toBe('number_1');
    const stored = await shards.sql<{ number_1: number }>('SELECT number_1 FROM atlas.entity WHERE tenant_id = 1');
    expect(stored.map(({ number_1 }) => number_1).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
    expect(await shards.sql(`SELECT FROM atlas.entity_attribute WHERE attribute_id = ${score.id}`)).toEqual([]);
  });

  it('goes on with the others if one fails', async () => {
    await process.catalog.define(authorOf(2), [{ key: 'first', type: 'TEXT' }]);
    await process.catalog.define(authorOf(3), [{ key: 'second', type: 'TEXT' }]);
    let asked = 0;
    await startMover(process, async () => {
      asked += 1;
      if (asked <= 2) throw new Error('a replica hangs');
      return true;
    });
    await hot(2, 'first');
    await hot(3, 'second');
    await vi.waitFor(() => {
      expect(definitionOf(process, 2, 'first').hotColumn).toBe('text_1');
      expect(definitionOf(process, 3, 'second').hotColumn).toBe('text_1');
    }, WAIT);
  });

  it('goes on with other tenants while a step of one takes long', async () => {
    for (const [tenant, key] of [
      [7, 'slow'],
      [8, 'quick'],
    ] as const) {
      await process.catalog.define(authorOf(tenant), [{ key, type: 'TEXT' }]);
    }
    const copies = new EventEmitter();
    const slowShards = new Set<string>();
    let isSlow = false;
    await startMover(process, async (shard, _position, signal) => {
      if (!isSlow || slowShards.has(shard)) return true;
      slowShards.add(shard);
      await once(copies, 'reached', { signal });
      return true;
    });
    await vi.waitFor(() => expect(process.catalog.moving()).toEqual([]), WAIT);
    isSlow = true;
    await hot(7, 'slow');
    await vi.waitFor(() => expect(slowShards.size).toBe(shards.primaries.length), WAIT);
    await hot(8, 'quick');
    await vi.waitFor(() => expect(definitionOf(process, 8, 'quick').hotColumn).toBe('text_1'), WAIT);
    expect(definitionOf(process, 7, 'slow').hotColumn).toBeNull();
    copies.emit('reached');
    await vi.waitFor(() => expect(definitionOf(process, 7, 'slow').hotColumn).toBe('text_1'), WAIT);
  });

  it('reads the catalog that the shards need, if no notification arrives', async () => {
    await process.catalog.define(authorOf(4), [{ key: 'late', type: 'TEXT' }]);
    const deaf = await shards.process();
    await deaf.catalog.stop();
    await hot(4, 'late');
    expect(definitionOf(deaf, 4, 'late').storage.move).toBeUndefined();
    await startMover(process);
    await vi.waitFor(() => expect(definitionOf(process, 4, 'late').storage.move).toBeUndefined(), WAIT);
    expect(definitionOf(deaf, 4, 'late').hotColumn).toBeNull();
    await startMover(deaf);
    await vi.waitFor(() => expect(definitionOf(deaf, 4, 'late').hotColumn).toBe('text_1'), WAIT);
  });
});
