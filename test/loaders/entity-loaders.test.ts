import { describe, expect, it } from 'vitest';
import type { EntitiesByIdQuery } from '../../src/datasources/questions/entities-by-id.ts';
import type { ReadRouter } from '../../src/datasources/routing/read-router.ts';
import type { EntityRecord } from '../../src/domain/entity.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import type { EntityId, ShardId } from '../../src/domain/identifiers.ts';
import type { FreshnessRequirement, ReadFreshness } from '../../src/freshness/freshness.ts';
import { ENTITIES_PER_STATEMENT } from '../../src/loaders/entity-loader.ts';
import { EntityLoaders } from '../../src/loaders/entity-loaders.ts';
import { LoadSchedule } from '../../src/loaders/load-schedule.ts';
import { RequestReads } from '../../src/loaders/request-reads.ts';
import { ShardMap } from '../../src/sharding/shard-map.ts';
import { entity } from '../support/domain.ts';
import { readFreshness, requirement } from '../support/requirement.ts';

const SHARDS = ['s0', 's1'].map((id) => ({ id, primary: '', replicas: [] }));
const shardMap = new ShardMap(SHARDS, { kind: 'hash' });
const ids = (count: number, from = 1): EntityId[] => Array.from({ length: count }, (_, n) => String(from + n));

interface Statement {
  readonly shard: ShardId;
  readonly ids: readonly EntityId[];
  readonly requirement: FreshnessRequirement;
}

/** The loaders of one request, over reads that count: each read by id of one shard is one statement. */
function request({ down }: { down?: ShardId } = {}) {
  const statements: Statement[] = [];
  const told: [ReadFreshness, number][] = [];
  const ask: ReadRouter['ask'] = async (question, required) => {
    const { shard, ids: wanted } = question.input as EntitiesByIdQuery;
    statements.push({ shard, ids: wanted, requirement: required });
    if (shard === down) throw new AtlasError('SHARD_UNAVAILABLE', `Shard ${shard} does not answer.`);
    // Ids past 900,000 do not exist, and the others arrive in any order.
    const data: EntityRecord[] = wanted.filter((id) => Number(id) <= 900_000).map((id) => entity({ id }));
    const reads = [readFreshness({ shard, requested: required })];
    return { data: data.reverse() as never, reads, entities: [data.length], ms: [1] };
  };
  const collector = { add: (read: ReadFreshness, entities: number) => told.push([read, entities]) };
  const reads = new RequestReads({ router: { ask }, signal: new AbortController().signal, collector });
  const loaders = new EntityLoaders({ reads, shardMap, tenantId: 1, schedule: new LoadSchedule() });
  return { loaders, statements, told };
}

describe('the entities of a request', () => {
  it('take one statement per shard, however many are loaded in a tick', async () => {
    const { loaders, statements } = request();
    const loaded = await Promise.all(ids(100).map((id) => loaders.load(id, requirement())));
    expect(loaded.map(({ entity }) => entity?.id)).toEqual(ids(100));
    expect(statements.map(({ shard }) => shard).sort()).toEqual(['s0', 's1']);
  });

  it('take no further statement for fields that inherit, or that the read already satisfies', async () => {
    const { loaders, statements } = request();
    const parents = await Promise.all(ids(100).map((id) => loaders.load(id, requirement())));
    const looser = requirement({ class: 'OPERATIONAL', maxLagMs: 30_000 });
    for (const { entity, freshness } of parents) {
      if (entity === null) throw new Error('the entity exists');
      const held = { entity, freshness };
      for (const wanted of [requirement(), looser, requirement({ maxLagMs: 245 })]) {
        expect(loaders.atLeast(held, wanted)).toBe(held);
      }
    }
    expect(statements).toHaveLength(2);
  });

  it('take one more statement per shard for fields that need fresher data', async () => {
    const { loaders, statements } = request();
    const parents = await Promise.all(ids(50).map((id) => loaders.load(id, requirement())));
    const realtime = () => requirement({ class: 'REALTIME', maxLagMs: 100 });
    const fresher = await Promise.all(
      parents.flatMap(({ entity, freshness }) => {
        if (entity === null) throw new Error('the entity exists');
        return [1, 2, 3].map(() => loaders.atLeast({ entity, freshness }, realtime()));
      }),
    );
    expect(fresher.every(({ freshness }) => freshness.requested.class === 'REALTIME')).toBe(true);
    expect(statements.map(({ requirement, shard }) => `${requirement.class} ${shard}`).sort()).toEqual([
      'INTERACTIVE s0',
      'INTERACTIVE s1',
      'REALTIME s0',
      'REALTIME s1',
    ]);
  });

  it('are read once, even if equal requirements are different objects', async () => {
    const { loaders, statements } = request();
    await Promise.all([loaders.load('1', requirement()), loaders.load('1', requirement())]);
    await loaders.load('1', requirement());
    expect(statements).toMatchObject([{ ids: ['1'] }]);
  });

  it('are null if they do not exist, and the read still reports its freshness', async () => {
    const { loaders, told } = request();
    const loaded = await loaders.load('900001', requirement());
    expect(loaded).toMatchObject({ entity: null, freshness: { shard: shardMap.shardOf('900001') } });
    expect(told).toEqual([[loaded.freshness, 0]]);
  });

  it('fail only if their own shard fails', async () => {
    const { loaders } = request({ down: 's1' });
    const settled = await Promise.allSettled(ids(40).map((id) => loaders.load(id, requirement())));
    settled.forEach((result, n) => {
      const expected = shardMap.shardOf(String(n + 1)) === 's1' ? 'rejected' : 'fulfilled';
      expect(result.status).toBe(expected);
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'SHARD_UNAVAILABLE' });
    });
  });

  it('are split over statements of a bounded size', async () => {
    const { loaders, statements, told } = request();
    const all = ids(10_000);
    await Promise.all(all.map((id) => loaders.load(id, requirement())));
    expect(Math.max(...statements.map(({ ids }) => ids.length))).toBe(ENTITIES_PER_STATEMENT);
    expect(statements.length).toBeLessThanOrEqual(2 + 10_000 / ENTITIES_PER_STATEMENT);
    expect(statements.flatMap(({ ids }) => ids).sort()).toEqual(all.sort());
    expect(told.reduce((sum, [, entities]) => sum + entities, 0)).toBe(10_000);
  });

  it('are read again after a write', async () => {
    const { loaders, statements } = request();
    await loaders.load('1', requirement());
    loaders.forget();
    await loaders.load('1', requirement());
    expect(statements).toHaveLength(2);
  });
});

describe('the entities of a page', () => {
  it('carry the freshness of the read of their own shard, and are not read again', async () => {
    const { loaders, statements } = request();
    const reads = ['s0', 's1'].map((shard) => readFreshness({ shard }));
    const page = loaders.prime(
      ids(20).map((id) => entity({ id })),
      reads,
      requirement(),
    );
    for (const held of page) {
      expect(held.freshness.shard).toBe(shardMap.shardOf(held.entity.id));
      expect(await loaders.load(held.entity.id, requirement())).toBe(held);
    }
    expect(statements).toEqual([]);
  });

  it('share the freshness of the one read over all shards', () => {
    const read = readFreshness({ source: 'CLICKHOUSE', shard: null });
    const page = request().loaders.prime([entity({ id: '1' }), entity({ id: '2' })], [read], requirement());
    expect(page.map(({ freshness }) => freshness)).toEqual([read, read]);
  });
});
