import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresDatabase, Statement } from '../../../../src/connections/postgres/postgres-database.ts';
import type { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import type { EntityWrite, WriteOutcome } from '../../../../src/datasources/entity-writer.ts';
import { PostgresEntityWriter } from '../../../../src/datasources/postgres/writing/postgres-entity-writer.ts';
import type { AttributeDefinition, AttributeValue } from '../../../../src/domain/catalog/attribute.ts';
import type { WholeEntity } from '../../../../src/domain/entity.ts';
import { systemClock } from '../../../../src/lib/clock.ts';
import { ShardMap } from '../../../../src/sharding/shard-map.ts';
import { authorOf } from '../../../support/author.ts';
import { attribute } from '../../../support/domain.ts';
import { FIXED_DEFINITIONS } from '../../../support/fixed-definitions.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { indexedValues } from '../../../support/stored-entities.ts';

const name = attribute({ id: 1, key: 'name', type: 'TEXT' });
const size = attribute({ id: 2, key: 'size', type: 'NUMBER' });
const active = attribute({ id: 3, key: 'active', type: 'BOOLEAN' });
const seen = attribute({ id: 4, key: 'seen', type: 'TIMESTAMP' });
const doc = attribute({ id: 5, key: 'doc', type: 'JSON' });
const note = attribute({ id: 6, key: 'note', type: 'TEXT', filterable: false });
const country = attribute({ id: 7, key: 'country', type: 'TEXT', hotColumn: 'text_1' });
const score = attribute({ id: 8, key: 'score', type: 'NUMBER', hotColumn: 'number_2' });
const since = attribute({ id: 9, key: 'since', type: 'TIMESTAMP', hotColumn: 'timestamp_1' });
const vip = attribute({ id: 10, key: 'vip', type: 'BOOLEAN', hotColumn: 'boolean_2' });
const tags = attribute({ id: 11, key: 'tags', type: 'TEXT_LIST' });
const parts = attribute({ id: 12, key: 'parts', type: 'NUMBER_LIST' });
const definitions = [tags, parts, name, size, active, seen, doc, note, country, score, since, vip];

const limits = { maxEntityBytes: 10_000 };

type Values = [AttributeDefinition, AttributeValue][];

function write(id: string | null, values: Values, more: Partial<EntityWrite> = {}): EntityWrite {
  const set = values.map(([attribute, value]) => ({ attribute, value }));
  return { id, type: 'user', set, remove: [], expectedVersion: null, ...more };
}

function written(outcome: WriteOutcome | undefined): WholeEntity {
  if (outcome === undefined || outcome.status === 'FAILED') throw new Error(`failed: ${outcome?.error.message}`);
  return outcome.entity;
}

/** The same database, whose server stops right before the query for its position. */
function withoutPositions(pool: PostgresPool, cluster: TestCluster | undefined): PostgresDatabase {
  return {
    shard: pool.shard,
    role: pool.role,
    query: async <Row extends object>(statement: Statement) => {
      if (statement.name === 'wal_position') await cluster?.primary.stop('fast');
      return pool.query<Row>(statement);
    },
    transaction: (work, isolation) => pool.transaction(work, isolation),
    close: () => pool.close(),
  };
}

describe('writing entities', () => {
  let clusters: TestCluster[] = [];
  /** Of the superuser, who sees everything. */
  let pools: PostgresPool[] = [];
  let serving: PostgresPool[] = [];
  let writer: PostgresEntityWriter;
  let shardMap: ShardMap;
  let tenant = 0;

  const upsert = async (...writes: EntityWrite[]) => (await writer.upsert(authorOf(tenant), writes)).outcome;
  const statuses = (outcomes: readonly WriteOutcome[]) => outcomes.map(({ status }) => status);
  const shardOf = (id: string) => Number(shardMap.shardOf(id).slice(1));
  const stored = async (id: string) => {
    const text = 'SELECT * FROM atlas.entity WHERE tenant_id = $1 AND entity_id = $2';
    return (await pools[shardOf(id)]?.query<Record<string, unknown>>({ text, values: [tenant, id] }))?.[0];
  };
  const indexRowCount = async () => {
    const text = 'SELECT count(*)::int AS n FROM atlas.entity_attribute WHERE tenant_id = $1';
    const counts = await Promise.all(pools.map((pool) => pool.query<{ n: number }>({ text, values: [tenant] })));
    return counts.flat().reduce((sum, { n }) => sum + n, 0);
  };
  const expectIndexed = async () => {
    for (const pool of pools) {
      const { stored, implied } = await indexedValues(pool, tenant, definitions);
      expect(stored).toEqual(implied);
    }
  };

  beforeAll(async () => {
    clusters = await Promise.all(['s0', 's1'].map((shard) => startPostgresCluster({ shard })));
    const shards = clusters.map(({ endpoints }) => endpoints);
    shardMap = new ShardMap(shards, { kind: 'hash' });
    pools = shards.map((shard) => primaryPool(shard, { size: 8 }));
    serving = shards.map((shard) => primaryPool(shard, { actAs: 'atlas_serve', size: 8 }));
    writer = new PostgresEntityWriter(shardMap, serving, systemClock, limits, FIXED_DEFINITIONS);
  });
  beforeEach(() => {
    tenant += 1;
  });
  afterAll(async () => {
    await Promise.all([...pools, ...serving].map((pool) => pool.close()));
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  });

  it('stores a value in the jsonb, and a filterable one in its column or in entity_attribute too', async () => {
    const everything: Values = [
      [name, 'é😀'],
      [size, -1.5e300],
      [active, false],
      [seen, '0001-01-01T00:00:00.001Z'],
      [doc, { b: [1, null], a: 'x' }],
      [tags, ['é😀', '', 'b', 'b']],
      [parts, [0.1, 5e-324, 0.1]],
      [note, 'n'],
      [country, 'US'],
      [score, 0.1],
      [since, '9999-12-31T23:59:59.999Z'],
      [vip, true],
    ];
    const [outcome] = await upsert(write('1', everything));
    expect(outcome?.status).toBe('CREATED');
    const attributes = Object.fromEntries(everything.map(([{ id }, value]) => [id, value]));
    expect(written(outcome)).toMatchObject({ id: '1', type: 'user', version: 1n, attributes, attributeUpdatedAt: {} });
    expect(await stored('1')).toMatchObject({ attributes, version: '1', text_1: 'US', number_2: 0.1, boolean_2: true });
    expect(await indexRowCount()).toBe(7);
    await expectIndexed();
  });

  it('indexes the first 256 code points of a text', async () => {
    const long = '😀'.repeat(300);
    await upsert(
      write('1', [
        [name, long],
        [country, long],
        [doc, { long }],
      ]),
    );
    expect((await stored('1'))?.text_1).toBe('😀'.repeat(256));
    expect((await stored('1'))?.attributes).toMatchObject({ [name.id]: long });
    await expectIndexed();
  });

  it('keeps attributes that are not named, and records when each was set', async () => {
    const [created] = await upsert(
      write('1', [
        [name, 'a'],
        [size, 1],
      ]),
    );
    const [updated] = await upsert(
      write('1', [
        [size, 2],
        [country, 'DE'],
      ]),
    );
    const [before, after] = [written(created), written(updated)];
    expect(updated?.status).toBe('UPDATED');
    expect(after).toMatchObject({ version: 2n, attributes: { 1: 'a', 2: 2, 7: 'DE' }, createdAt: before.createdAt });
    expect(after.updatedAt.getTime()).toBeGreaterThanOrEqual(before.updatedAt.getTime());
    const at = after.updatedAt.getTime();
    expect(after.attributeUpdatedAt).toEqual({ 2: at, 7: at });
    expect(await stored('1')).toMatchObject({ attributes: after.attributes, text_1: 'DE' });
    await expectIndexed();
  });

  it('removes attributes everywhere, and ignores those the entity lacks', async () => {
    await upsert(
      write('1', [
        [name, 'a'],
        [size, 1],
        [country, 'US'],
        [note, 'n'],
      ]),
    );
    await upsert(write('1', [[size, 2]]));
    const [outcome] = await upsert(write('1', [], { remove: [size, country, note, doc] }));
    expect(written(outcome)).toMatchObject({ version: 3n, attributes: { 1: 'a' }, attributeUpdatedAt: {} });
    expect(await stored('1')).toMatchObject({ text_1: null });
    expect(await indexRowCount()).toBe(1);
    await expectIndexed();
    expect(statuses(await upsert(write('1', [], { remove: [size] })))).toEqual(['UNCHANGED']);
  });

  it('sets an attribute that is removed by the same row', async () => {
    await upsert(write('1', [[size, 1]]));
    const [outcome] = await upsert(write('1', [[size, 2]], { remove: [size] }));
    expect(written(outcome).attributes).toEqual({ 2: 2 });
    await expectIndexed();
  });

  it('takes the last value of an attribute that a row sets twice', async () => {
    expect(
      written(
        (
          await upsert(
            write('1', [
              [size, 1],
              [size, 2],
            ]),
          )
        )[0],
      ).attributes,
    ).toEqual({ 2: 2 });
    await expectIndexed();
  });

  it('writes nothing if nothing changes', async () => {
    const values: Values = [
      [name, 'a'],
      [score, 1],
      [doc, { b: 1, a: [2] }],
      [country, 'x'.repeat(300)],
    ];
    const [created] = await upsert(write('1', values));
    const place = async () =>
      (
        await pools[shardOf('1')]?.query({
          text: 'SELECT xmin, ctid FROM atlas.entity WHERE tenant_id = $1',
          values: [tenant],
        })
      )?.[0];
    const before = await place();
    const [again] = await upsert(write('1', values));
    expect(again).toEqual({ status: 'UNCHANGED', entity: written(created) });
    expect(await place()).toEqual(before);
  });

  it('refuses another type, and leaves the entity unchanged', async () => {
    await upsert(write('1', [[size, 1]]));
    const [outcome] = await upsert(write('1', [[size, 2]], { type: 'movie' }));
    expect(outcome).toMatchObject({
      status: 'FAILED',
      error: {
        code: 'BAD_USER_INPUT',
        message: 'Entity 1 has type "user", got "movie"; the type of an entity cannot change.',
      },
    });
    expect(await stored('1')).toMatchObject({ version: '1', attributes: { 2: 1 } });
  });

  it('refuses a row whose expected version is not the stored one', async () => {
    await upsert(write('1', [[size, 1]]));
    const outcomes = await upsert(
      write('1', [[size, 5]], { expectedVersion: 2n }),
      write('1', [[size, 6]], { expectedVersion: 0n }),
      write('2', [[size, 7]], { expectedVersion: 1n }),
      write('1', [[size, 8]], { expectedVersion: 1n }),
      write('3', [[size, 9]], { expectedVersion: 0n }),
    );
    expect(statuses(outcomes)).toEqual(['FAILED', 'FAILED', 'FAILED', 'UPDATED', 'CREATED']);
    expect(outcomes[0]).toMatchObject({
      error: {
        code: 'VERSION_CONFLICT',
        message: expect.stringContaining('Entity 1 has version 1; expected version 2'),
      },
    });
    expect(await stored('2')).toBeUndefined();
  });

  it('applies rows of the same id in their order, and reports each', async () => {
    const outcomes = await upsert(
      write('1', [[size, 1]]),
      write('1', [[size, 1]]),
      write('2', [[size, 1]]),
      write('1', [[name, 'x']], { remove: [size], expectedVersion: 1n }),
    );
    expect(statuses(outcomes)).toEqual(['CREATED', 'UNCHANGED', 'CREATED', 'UPDATED']);
    expect(await stored('1')).toMatchObject({ version: '2', attributes: { 1: 'x' } });
    await expectIndexed();
  });

  it('generates new ids, even if a generated one is taken', async () => {
    const outcomes = await upsert(write(null, [[size, 1]]), write(null, [[size, 2]]));
    const [first, second] = outcomes.map((outcome) => written(outcome).id);
    expect(BigInt(second ?? 0)).toBeGreaterThan(BigInt(first ?? 0));
    // The clock stands still; each generator starts at a random number and continues from there.
    const repeating = new PostgresEntityWriter(shardMap, serving, { now: () => 5 }, limits, FIXED_DEFINITIONS);
    const probe = written((await repeating.upsert(authorOf(tenant), [write(null, [[size, 3]])])).outcome[0]).id;
    const taken = Array.from({ length: 50 }, (_, n) => write(String(BigInt(probe) + BigInt(n + 1)), [[size, 4]]));
    await upsert(...taken);
    const { outcome } = await repeating.upsert(authorOf(tenant), [write(null, [[size, 5]]), write(null, [[size, 6]])]);
    expect(statuses(outcome)).toEqual(['CREATED', 'CREATED']);
    expect(outcome.map((row) => BigInt(written(row).id) > BigInt(probe) + 50n)).toEqual([true, true]);
    await expectIndexed();
  });

  it('keeps tenants apart, under the same id', async () => {
    await upsert(write('1', [[size, 1]]));
    await writer.upsert(authorOf(tenant + 10_000), [write('1', [[size, 2]], { type: 'movie' })]);
    expect(await stored('1')).toMatchObject({ type: 'user', attributes: { 2: 1 } });
    await expectIndexed();
  });

  it('returns positions that cover the writes, for the shards that were written', async () => {
    const id = '1';
    const { positions } = await writer.upsert(authorOf(tenant), [write(id, [[size, 1]])]);
    const shard = shardMap.shardOf(id);
    expect([...positions.keys()]).toEqual([shard]);
    const [now] =
      (await pools[shardOf(id)]?.query<{ flushed: string }>({
        text: "SELECT (pg_current_wal_flush_lsn() - '0/0')::text AS flushed",
        values: [],
      })) ?? [];
    expect(positions.get(shard)).toBeGreaterThan(0n);
    expect(BigInt(now?.flushed ?? 0)).toBeGreaterThanOrEqual(0n);
    const again = await writer.upsert(authorOf(tenant), [write(id, [[size, 1]])]);
    expect(again.positions.get(shard)).toBeGreaterThanOrEqual(positions.get(shard) ?? 0n);
  });

  it('deletes an entity and its indexed values, once', async () => {
    await upsert(
      write('1', [
        [size, 1],
        [country, 'US'],
      ]),
      write('2', [[size, 1]]),
    );
    await expect(writer.delete(authorOf(tenant), '1', 2n)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
    const { outcome, positions } = await writer.delete(authorOf(tenant), '1', 1n);
    expect([outcome, positions.size]).toEqual([true, 1]);
    expect(await stored('1')).toBeUndefined();
    expect(await indexRowCount()).toBe(1);
    expect((await writer.delete(authorOf(tenant), '1', null)).outcome).toBe(false);
    await expect(writer.delete(authorOf(tenant), '1', 3n)).rejects.toMatchObject({ code: 'VERSION_CONFLICT' });
  });

  it('fails only the row that the database refuses', async () => {
    const outOfRange = write('3', [[since, '10000-01-01T00:00:00.000Z 25:99']]);
    const outcomes = await upsert(
      write('1', [[size, 1]]),
      write('2', [[size, 1]]),
      outOfRange,
      write('4', [[size, 1]]),
    );
    expect(statuses(outcomes)).toEqual(['CREATED', 'CREATED', 'FAILED', 'CREATED']);
    expect(outcomes[2]).toMatchObject({ error: { code: 'ATTRIBUTE_INVALID' } });
  });

  it('refuses a row that would make its entity larger than the limit, however small the row is', async () => {
    const part = (n: number) => attribute({ id: 100 + n, key: `part_${n}`, type: 'TEXT', filterable: n % 2 === 0 });
    const chunk = 'x'.repeat(1_000);
    const outcomes: WriteOutcome[] = [];
    for (let n = 0; n < 12; n++) outcomes.push(...(await upsert(write('1', [[part(n), chunk]]))));
    expect(statuses(outcomes)).toEqual(['CREATED', ...Array(8).fill('UPDATED'), ...Array(3).fill('FAILED')]);
    expect(outcomes.at(-1)).toMatchObject({
      error: {
        code: 'LIMIT_EXCEEDED',
        message: expect.stringMatching(/^Entity 1 would have 10\d\d\d bytes; the limit is 10000\.$/),
      },
    });
    expect(await stored('1')).toMatchObject({ version: '9' });
    const replaced = await upsert(
      write('1', [[part(20), chunk]], { remove: [part(0)] }),
      write('1', [[part(20), chunk]]),
    );
    expect(statuses(replaced)).toEqual(['UPDATED', 'UNCHANGED']);
    const beside = await upsert(
      write('2', [[size, 1]]),
      write('3', [[name, chunk.repeat(11)]]),
      write('4', [[size, 1]]),
    );
    expect(statuses(beside)).toEqual(['CREATED', 'FAILED', 'CREATED']);
    expect(await stored('3')).toBeUndefined();
    expect(await indexRowCount()).toBe(2 + 5);
  });

  it('loses no attribute when writers write to the same entities concurrently', async () => {
    const ids = ['1', '2', '3', '4', '5'];
    const writers = definitions.filter(({ type }) => type === 'NUMBER' || type === 'TEXT');
    const rounds = 20;
    await Promise.all(
      writers.map(async (own, k) => {
        for (let round = 1; round <= rounds; round++) {
          const value = own.type === 'NUMBER' ? round : `${k} ${round}`;
          // Every writer in a different order.
          const order = ids.toSorted((a, b) => ((Number(a) * (k + 2)) % 7) - ((Number(b) * (k + 2)) % 7));
          const outcomes = await upsert(...order.map((id) => write(id, [[own, value]])));
          expect(statuses(outcomes)).not.toContain('FAILED');
        }
      }),
    );
    const last = Object.fromEntries(
      writers.map((own, k) => [own.id, own.type === 'NUMBER' ? rounds : `${k} ${rounds}`]),
    );
    for (const id of ids) {
      expect(await stored(id)).toMatchObject({ attributes: last, version: String(writers.length * rounds) });
    }
    await expectIndexed();
  });

  it('never lets jsonb, columns, entity_attribute and elements disagree, whatever is set, removed and deleted concurrently', async () => {
    let seed = 42;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const step = async () => {
      const id = String(1 + random(2));
      if (random(6) === 0) return writer.delete(authorOf(tenant), id, null);
      const among = [name, size, country, score, tags];
      const chosen = among.filter(() => random(2) === 0);
      const set: Values = chosen.map((own) => {
        if (own === tags) return [own, Array.from({ length: random(5) }, () => `${random(3)}`)];
        return [own, own.type === 'NUMBER' ? random(3) : `${random(3)}`];
      });
      const remove = among.filter((own) => !chosen.includes(own) && random(2) === 0);
      const { outcome } = await writer.upsert(authorOf(tenant), [write(id, set, { remove })]);
      expect(statuses(outcome)).not.toContain('FAILED');
    };
    // Later writes would repair a disagreement, so check often.
    for (let round = 0; round < 100; round++) {
      await Promise.all(Array.from({ length: 8 }, step));
      await expectIndexed();
    }
  });

  it('lets exactly one of many writers that expect the same version win', async () => {
    await upsert(write('1', [[size, 0]]));
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, n) => upsert(write('1', [[size, n + 1]], { expectedVersion: 1n }))),
    );
    expect(statuses(outcomes.flat()).sort()).toEqual([...Array(7).fill('FAILED'), 'UPDATED']);
  });

  it('lets exactly one of many writers create an entity that must not exist', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, n) => upsert(write('1', [[size, n]], { expectedVersion: 0n }))),
    );
    expect(statuses(outcomes.flat()).sort()).toEqual(['CREATED', ...Array(7).fill('FAILED')]);
  });

  it('distinguishes rows that were written from rows that failed if the position cannot be read afterwards', async () => {
    const ids = ['1', '2', '3', '4', '5', '6', '7', '8'];
    await upsert(...ids.map((id) => write(id, [[size, 1]])));
    const breaking = serving.map((pool, n) => (n === 1 ? withoutPositions(pool, clusters[1]) : pool));
    const fragile = new PostgresEntityWriter(shardMap, breaking, systemClock, limits, FIXED_DEFINITIONS);
    const { outcome, positions } = await fragile.upsert(authorOf(tenant), [
      ...ids.map((id) => write(id, [[size, 2]])),
      write('9', [[size, 1]], { expectedVersion: 5n }),
      write('10', [[size, 1]], { expectedVersion: 5n }),
    ]);
    await clusters[1]?.primary.start();
    expect([...positions.keys()]).toEqual(['s0']);
    expect(statuses(outcome)).toEqual([...ids.map(() => 'UPDATED'), 'FAILED', 'FAILED']);
    expect(outcome.slice(8)).toMatchObject(Array(2).fill({ error: { code: 'VERSION_CONFLICT' } }));
    const uncovered = {
      uncovered: {
        code: 'SHARD_UNAVAILABLE',
        message: expect.stringContaining('was written (version 2), but its position could not be read'),
        details: { written: true },
      },
    };
    ids.forEach((id, n) => {
      if (shardOf(id) === 1) expect(outcome[n]).toMatchObject(uncovered);
      else expect(outcome[n]).not.toHaveProperty('uncovered');
    });
    expect(new Set(ids.map(shardOf))).toEqual(new Set([0, 1]));
  });

  it('reports that an entity was deleted if the position cannot be read afterwards', async () => {
    const id = ['1', '2', '3', '4'].find((candidate) => shardOf(candidate) === 1) ?? '';
    await upsert(write(id, [[size, 1]]));
    const breaking = serving.map((pool, n) => (n === 1 ? withoutPositions(pool, clusters[1]) : pool));
    const fragile = new PostgresEntityWriter(shardMap, breaking, systemClock, limits, FIXED_DEFINITIONS);
    await expect(fragile.delete(authorOf(tenant), id, null)).rejects.toMatchObject({
      code: 'SHARD_UNAVAILABLE',
      message: expect.stringContaining(`Entity ${id} was deleted, but`),
      details: { written: true },
    });
    await clusters[1]?.primary.start();
    expect(await stored(id)).toBeUndefined();
  });

  it('fails only the rows of a shard that is down', async () => {
    const ids = ['1', '2', '3', '4', '5', '6'];
    await clusters[1]?.primary.stop('immediate');
    const outcomes = await upsert(...ids.map((id) => write(id, [[size, 1]])));
    outcomes.forEach((outcome, n) => {
      const onLiving = shardOf(ids[n] ?? '') === 0;
      expect(outcome).toMatchObject(onLiving ? { status: 'CREATED' } : { error: { code: 'SHARD_UNAVAILABLE' } });
    });
    await clusters[1]?.primary.start();
  });
});
