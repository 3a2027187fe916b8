import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RowDifference } from '../../src/verification/difference.ts';
import { caughtUp } from '../replication/support/replicated-data.ts';
import { authorOf } from '../support/author.ts';
import {
  copied,
  startVerifiedShard,
  type Verified,
  type VerifiedShard,
  verify,
  write,
} from './support/verified-shard.ts';

const ENTITY_COLUMNS =
  'tenant_id, entity_id, shard, copy_id, type, version, attributes, attribute_updated_at, lsn, row_version, is_deleted';
const ATTRIBUTE_COLUMNS =
  'tenant_id, attribute_id, entity_id, shard, copy_id, value_text, lsn, row_version, is_deleted';
const COPY = '(SELECT max(copy_id) FROM replication_watermark)';
/** Position and version that some change has had. */
const PAST =
  '(SELECT min(lsn) FROM entity WHERE tenant_id > 0), (SELECT min(row_version) FROM entity WHERE tenant_id > 0)';
/** In the WAL of no primary. */
const FUTURE = '9000000000000000000, bitShiftLeft(toUInt128(9000000000000000000), 40)';

/** What is found: kind, entity, attribute or 0 for the entity's own row, and the columns. */
interface Found {
  readonly kind: string;
  readonly entity: string;
  readonly attribute: number;
  readonly columns: readonly string[];
}

const found = (kind: string, entity: string, attribute: number, ...columns: string[]): Found => ({
  ...{ kind, entity, attribute, columns },
});

/** What is done to ClickHouse, and what must be found. Entities 1 to 250 of tenant 1 have the attributes 1, 2, 3, 4, 5, 7, 8 and 30. */
const DAMAGES: readonly (readonly [what: string, damage: string, expected: Found])[] = [
  [
    'a flipped value of an attribute',
    'ALTER TABLE entity_attribute UPDATE value_number = value_number + 1e-13 WHERE entity_id = 7 AND attribute_id = 2',
    found('different', '1/7', 2, 'value_number'),
  ],
  [
    'a text that has lost a byte order mark',
    "ALTER TABLE entity_attribute UPDATE value_text = 'text 8 ' WHERE entity_id = 8 AND attribute_id = 1",
    found('different', '1/8', 1, 'value_text'),
  ],
  [
    'a value that has become null',
    'ALTER TABLE entity_attribute UPDATE value_boolean = NULL WHERE entity_id = 9 AND attribute_id = 3',
    found('different', '1/9', 3, 'value_boolean'),
  ],
  [
    'a moment of another millisecond',
    'ALTER TABLE entity_attribute UPDATE value_timestamp = value_timestamp + 1 WHERE entity_id = 9 AND attribute_id = 4',
    found('different', '1/9', 4, 'value_timestamp'),
  ],
  [
    'a list that has lost an element',
    `ALTER TABLE entity_attribute UPDATE value_text = '["a"]' WHERE entity_id = 99 AND attribute_id = 30`,
    found('different', '1/99', 30, 'value_text'),
  ],
  [
    'a missing row of an attribute',
    'ALTER TABLE entity_attribute DELETE WHERE entity_id = 100 AND attribute_id = 5',
    found('missing', '1/100', 5),
  ],
  [
    'an extra row of an attribute',
    `INSERT INTO entity_attribute (${ATTRIBUTE_COLUMNS}) SELECT 1, 6, 101, 's0', ${COPY}, 'not filterable', ${PAST}, 0`,
    found('extra', '1/101', 6),
  ],
  [
    'a row of an attribute that the catalog does not know',
    `INSERT INTO entity_attribute (${ATTRIBUTE_COLUMNS}) SELECT 1, 4000000000, 102, 's0', ${COPY}, 'x', ${PAST}, 0`,
    found('extra', '1/102', 4_000_000_000),
  ],
  [
    'a missing entity',
    'ALTER TABLE entity DELETE WHERE tenant_id = 1 AND entity_id = 103',
    found('missing', '1/103', 0),
  ],
  [
    'an entity that was never there',
    `INSERT INTO entity (${ENTITY_COLUMNS}) SELECT 1, 1000, 's0', ${COPY}, 'thing', 1, '{}', '{}', ${PAST}, 0`,
    found('extra', '1/1000', 0),
  ],
  [
    'an entity of a tenant that has none',
    `INSERT INTO entity (${ENTITY_COLUMNS}) SELECT 77, 1, 's0', ${COPY}, 'thing', 1, '{}', '{}', ${PAST}, 0`,
    found('extra', '77/1', 0),
  ],
  [
    'a row of an attribute of a tenant that has none',
    `INSERT INTO entity_attribute (${ATTRIBUTE_COLUMNS}) SELECT 78, 1, 1, 's0', ${COPY}, 'x', ${PAST}, 0`,
    found('extra', '78/1', 1),
  ],
  [
    'a deleted entity that is back',
    `INSERT INTO entity (${ENTITY_COLUMNS}) SELECT 1, 251, 's0', ${COPY}, 'thing', 1, '{}', '{}', max(lsn) + 1, max(row_version) + 1, 0 FROM entity WHERE entity_id = 251`,
    found('extra', '1/251', 0),
  ],
  [
    'a deleted row of an attribute that is back',
    `INSERT INTO entity_attribute (${ATTRIBUTE_COLUMNS}) SELECT 1, 1, 252, 's0', ${COPY}, 'x', max(lsn) + 1, max(row_version) + 1, 0 FROM entity_attribute WHERE entity_id = 252`,
    found('extra', '1/252', 1),
  ],
  [
    'a live entity that is marked as deleted',
    `INSERT INTO entity (${ENTITY_COLUMNS}) SELECT 1, 104, 's0', ${COPY}, '', 0, '', '', max(lsn) + 1, max(row_version) + 1, 1 FROM entity WHERE entity_id = 104`,
    found('missing', '1/104', 0),
  ],
  [
    'a wrong hot number',
    'ALTER TABLE entity UPDATE number_1 = -number_1 WHERE entity_id = 105',
    found('different', '1/105', 0, 'number_1'),
  ],
  [
    'a wrong hot number of a tenant with one entity',
    'ALTER TABLE entity UPDATE number_1 = -number_1 WHERE tenant_id = 3',
    found('different', '3/1', 0, 'number_1'),
  ],
  [
    'a hot text that belongs to another column',
    'ALTER TABLE entity UPDATE text_1 = NULL, text_2 = text_1 WHERE entity_id = 106',
    found('different', '1/106', 0, 'text_1', 'text_2'),
  ],
  [
    'a wrong type',
    "ALTER TABLE entity UPDATE type = 'other' WHERE entity_id = 107 AND tenant_id = 1",
    found('different', '1/107', 0, 'type'),
  ],
  [
    'a wrong version',
    'ALTER TABLE entity UPDATE version = version + 1 WHERE entity_id = 108',
    found('different', '1/108', 0, 'version'),
  ],
  [
    'wrong times',
    'ALTER TABLE entity UPDATE created_at = created_at - 1, updated_at = updated_at + 1 WHERE entity_id = 109',
    found('different', '1/109', 0, 'created_at', 'updated_at'),
  ],
  [
    'wrong attributes',
    `ALTER TABLE entity UPDATE attributes = replaceOne(attributes, 'text', 'Text'), attribute_updated_at = '{"1": 5}' WHERE entity_id = 110`,
    found('different', '1/110', 0, 'attributes', 'attribute_updated_at'),
  ],
  [
    'a wrong canonical text of a JSON attribute',
    "ALTER TABLE entity UPDATE json_texts = map(5, '[1120]') WHERE entity_id = 112",
    found('different', '1/112', 0, 'json_texts'),
  ],
  [
    'a missing canonical text of a JSON attribute',
    'ALTER TABLE entity UPDATE json_texts = map() WHERE entity_id = 113',
    found('different', '1/113', 0, 'json_texts'),
  ],
  [
    'an extra canonical text',
    "ALTER TABLE entity UPDATE json_texts = mapConcat(json_texts, map(6, 'x')) WHERE entity_id = 114",
    found('different', '1/114', 0, 'json_texts'),
  ],
  [
    'a row from a future that will not come',
    `INSERT INTO entity (${ENTITY_COLUMNS}) SELECT 1, 111, 's0', ${COPY}, 'thing', 1, '{}', '{}', ${FUTURE}, 0`,
    found('future', '1/111', 0),
  ],
];

describe('verification', () => {
  let shard: VerifiedShard;
  let damaged: Verified;

  beforeAll(async () => {
    shard = await startVerifiedShard({ replica: true });
    await shard.replicator();
    await copied(shard);
    await write(shard, { 251: { '1': 'deleted', '7': 1 } });
    await write(shard, { 252: { '1': 'removed', '2': 5 } });
    const entities: Record<number, Record<string, string | number | boolean | Date | number[] | string[]>> = {};
    for (let id = 1; id <= 250; id++) {
      const values = { '1': `text ${id}`, '2': id / 7, '3': id % 2 === 0, '4': new Date(id * 1e9), '5': [id] };
      entities[id] = { ...values, '7': id, '8': `\ufeffhot ${id}`, '30': ['a', `b ${id}`] };
    }
    await write(shard, entities);
    await write(shard, { 1: { '1': 'x', '2': 5e-324, '5': { b: [1, 'é'], a: null } } }, { tenant: 2, type: 'other' });
    await write(shard, { 1: { '7': 105 } }, { tenant: 3 });
    await caughtUp(shard);
    await write(shard, { 252: { '1': null } });
    await shard.writer.delete(authorOf(1), '251', null);
    await caughtUp(shard);
  });
  afterAll(() => shard?.stop());

  it('finds nothing in equal stores', async () => {
    const { pass, differences } = await verify(shard);
    expect(differences).toEqual([]);
    expect(pass.totals).toEqual({ entities: 253, values: 1504, differences: 0, repaired: 0, unsettled: 0 });
  });

  describe('once ClickHouse has been damaged', () => {
    beforeAll(async () => {
      for (const [, text] of DAMAGES) {
        await shard.clickhouse.command(text.startsWith('ALTER') ? `${text} SETTINGS mutations_sync = 2` : text);
      }
      damaged = await verify(shard);
    });

    it.each(DAMAGES)('finds and names %s', (_, __, expected) => {
      expect(named(damaged.differences)).toContainEqual(expected);
    });

    it('finds nothing else', () => {
      expect(damaged.differences).toHaveLength(DAMAGES.length);
      expect(damaged.pass.totals).toMatchObject({ entities: 253, differences: DAMAGES.length, repaired: 0 });
    });

    it('compares one tenant alone', async () => {
      expect(named((await verify(shard, { tenantId: 77 })).differences)).toEqual([found('extra', '77/1', 0)]);
      expect((await verify(shard, { tenantId: 2 })).pass.totals).toMatchObject({ entities: 1, differences: 0 });
    });

    it('tells digests of values, and the values themselves only if asked', async () => {
      const columns = async (form: 'digest' | 'value') => {
        const { differences } = await verify(shard, { tenantId: 3, form });
        return differences.map(({ columns: values }) => values);
      };
      const digest = expect.stringMatching(/^[0-9a-f]{16}$/);
      expect(await columns('digest')).toEqual([[{ column: 'number_1', postgres: digest, clickhouse: digest }]]);
      expect(await columns('value')).toEqual([[{ column: 'number_1', postgres: '105', clickhouse: '-105' }]]);
    });

    it('repairs what differs and nothing else', async () => {
      const written = vi.spyOn(shard.clickhouse, 'insertLines');
      const { pass, repaired } = await verify(shard, { repair: true });
      const lines = written.mock.calls.flatMap(([, , chunks]) =>
        Buffer.concat([...chunks])
          .toString()
          .split('\n'),
      );
      written.mockRestore();
      expect(pass.totals).toMatchObject({ differences: DAMAGES.length, repaired: DAMAGES.length });
      expect(named(repaired)).toEqual(named(damaged.differences));
      expect(lines.filter((line) => line !== '')).toHaveLength(DAMAGES.length);
      expect((await verify(shard)).differences).toEqual([]);
    });

    it('finds all of many more rows than a chunk holds, a bounded number at a time', async () => {
      await shard.clickhouse.command(
        `INSERT INTO entity (${ENTITY_COLUMNS}) SELECT 79, 1 + number, 's0', ${COPY}, 'thing', 1, '{}', '{}', ${PAST}, 0 FROM numbers(100)`,
      );
      const options = { tenantId: 79, limits: { rows: 10, bytes: 1_000_000 }, repair: true };
      const { differences, pass } = await verify(shard, options);
      expect(differences.map(({ key }) => Number(key.entityId))).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
      expect(pass.totals).toMatchObject({ entities: 0, differences: 100, repaired: 100 });
    });

    it('lets every later change win over a repair', async () => {
      await write(shard, { 7: { '2': 1 }, 105: { '7': 2 }, 111: { '1': 'later' } });
      await shard.writer.delete(authorOf(1), '103', null);
      await caughtUp(shard);
      expect((await verify(shard)).differences).toEqual([]);
    });
  });
});

function named(differences: readonly RowDifference[]): Found[] {
  return differences.map(({ kind, key, attributeId, columns }) => ({
    kind,
    entity: `${key.tenantId}/${key.entityId}`,
    attribute: attributeId ?? 0,
    columns: columns.map(({ column }) => column),
  }));
}
