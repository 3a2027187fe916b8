import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresPool } from '../../../../src/connections/postgres/postgres-pool.ts';
import { PostgresEntityReader } from '../../../../src/datasources/postgres/reading/postgres-entity-reader.ts';
import { count } from '../../../../src/datasources/questions/count.ts';
import { entityPage } from '../../../../src/datasources/questions/entity-page.ts';
import type { Question } from '../../../../src/datasources/questions/question.ts';
import { search } from '../../../../src/datasources/questions/search.ts';
import { type EntityFilter, MATCH_ALL } from '../../../../src/domain/filter/filter.ts';
import type { OperatorOfKind } from '../../../../src/domain/filter/operators.ts';
import { searchWords } from '../../../../src/domain/search/search-words.ts';
import { attribute } from '../../../support/domain.ts';
import { startPostgresCluster, type TestCluster } from '../../../support/postgres-cluster.ts';
import { primaryPool } from '../../../support/postgres-pools.ts';
import { postgresQuery } from '../../../support/postgres-query.ts';
import { lettersMissed } from '../../support/letters-missed.ts';

const VALUES = 100_000;
const GIANT = 1;

const title = attribute({ id: 4, key: 'title', type: 'TEXT' });
const state = attribute({ id: 5, key: 'state', type: 'TEXT', hotColumn: 'text_1' });
const code = attribute({ id: 6, key: 'code', type: 'TEXT', hotColumn: 'text_2' });
const note = attribute({ id: 7, key: 'note', type: 'TEXT' });
const [PAGE, WALKED] = [50, 20 * 50];

/**
 * The giant has 100,000 titles, of which each is `Report <md5> No.<id>`; every 20,000th is long. Each has one of ten
 * states and a code of its own, which are hot, and every tenth has a note. A small tenant in the same partition has 100 of them.
 */
const fill = (small: number) => `
  INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, text_1, text_2, attributes)
  SELECT tenant, i, 'doc', 1, now(), now(), 'State ' || i % 10, 'code' || i, jsonb_strip_nulls(jsonb_build_object(
    '4', CASE WHEN i % 20000 = 0 THEN repeat('long ', 60) ELSE '' END || 'Report ' || md5(i::text) || ' No.' || i,
    '5', 'State ' || i % 10, '6', 'code' || i, '7', CASE WHEN i = 50007 THEN U&'A tas\\212A for \\212Aim, 100%' WHEN i = 60007 THEN 'A task for Kim_Lee, 100% \\ done' WHEN i = 70007 THEN '東京都 kim'
      WHEN i % 10 = 7 THEN 'Noted on page ' || i / 10 END))
  FROM generate_series(1, ${VALUES}) i, (VALUES (${GIANT}), (${small})) t (tenant) WHERE tenant = ${GIANT} OR i <= 100;
  INSERT INTO atlas.entity_attribute (tenant_id, entity_id, attribute_id, value_text)
  SELECT tenant_id, entity_id, id, left(attributes ->> id::text, 256) FROM atlas.entity, (VALUES (4), (7)) a (id)
  WHERE attributes ->> id::text IS NOT NULL;
  INSERT INTO atlas.shard (shard_id, placement, cluster_id, heartbeat_at, heartbeat_lsn) VALUES ('s0', 'by hash over s0', gen_random_uuid(), now(), '0/64');
  ANALYZE;
  VACUUM atlas.entity;
  VACUUM atlas.entity_attribute`;

const SAME_PARTITION = `SELECT i AS tenant FROM generate_series(2, 100) i WHERE satisfies_hash_partition('atlas.entity'::regclass, 8,
  (SELECT n FROM generate_series(0, 7) n WHERE satisfies_hash_partition('atlas.entity'::regclass, 8, n, ${GIANT})), i) LIMIT 1`;

describe('texts of a giant tenant', () => {
  let cluster: TestCluster;
  let pool: PostgresPool;
  let small = 0;
  const sql = (text: string) => postgresQuery<Record<string, string>>(cluster.endpoints.primary, text);

  beforeAll(async () => {
    cluster = await startPostgresCluster();
    pool = primaryPool(cluster.endpoints, { actAs: 'atlas_serve', size: 1, statementTimeoutMs: 60_000 });
    small = Number((await sql(SAME_PARTITION))[0]?.tenant);
    for (const text of fill(small).split(';')) await sql(text);
  }, 120_000);
  afterAll(async () => {
    await pool?.close();
    await cluster?.stop();
  });

  const whose = (operator: OperatorOfKind<'text'>, operand: string, attribute = title): EntityFilter => ({
    kind: 'attribute',
    attribute,
    predicate: { operator, operand },
  });
  const pageOf = (tenantId: number, filter: EntityFilter) =>
    entityPage({ tenantId, type: null, filter, order: [], from: null, direction: 'FORWARD', limit: PAGE - 1 });
  const countOf = (tenantId: number, filter: EntityFilter) => count({ tenantId, type: null, filter });

  /** Rows that were read from tables and indexes, and how often the trigrams were used, since the server started. */
  async function reads(): Promise<{ rows: number; trigrams: number }> {
    await pool.query({ text: 'SELECT pg_stat_force_next_flush()', values: [] });
    await pool.query({ text: 'SELECT 1', values: [] });
    const [found] = await sql(`SELECT
      (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes) + (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname LIKE 'entity%') AS rows,
      (SELECT sum(idx_scan) FROM pg_stat_user_indexes WHERE indexrelname LIKE '%_by_trigrams') AS trigrams`);
    return { rows: Number(found?.rows), trigrams: Number(found?.trigrams) };
  }

  async function asked<Part, Answer>(question: Question<Part, Answer>) {
    const before = await reads();
    const { data } = await new PostgresEntityReader(pool).ask(question, new AbortController().signal);
    const after = await reads();
    return {
      answer: question.merge([data]),
      rows: after.rows - before.rows,
      usedTrigrams: after.trigrams > before.trigrams,
    };
  }

  it.each<[name: string, filter: EntityFilter, ids: string[]]>([
    [
      'a rare part',
      whose('contains', 'No.4711'),
      ['4711', ...'0123456789'].map((digit, i) => (i === 0 ? digit : `4711${digit}`)),
    ],
    ['a part of a long one, too', whose('contains', 'long Report'), ['20000', '40000', '60000', '80000', '100000']],
    ['a part with its case ignored', whose('containsIgnoreCase', 'NO.99999'), ['99999']],
    ['a whole with its case ignored', whose('eqIgnoreCase', 'rEPORT c4ca4238a0b923820dcc509a6f75849b nO.1'), ['1']],
    ['a beginning with its case ignored', whose('startsWithIgnoreCase', 'REPORT C4CA4238'), ['1']],
    ['nothing', whose('contains', 'zebra'), []],
  ])('are found by %s through the trigrams, without reading the others', async (_name, filter, ids) => {
    const page = await asked(pageOf(GIANT, filter));
    expect(page.answer.rows.map(({ position }) => position.id)).toEqual(ids);
    expect(page.usedTrigrams).toBe(true);
    expect(page.rows).toBeLessThan(4 * WALKED);
    const counted = await asked(countOf(GIANT, filter));
    expect([counted.answer, counted.usedTrigrams]).toEqual([BigInt(ids.length), true]);
    expect(counted.rows).toBeLessThan(500);
  });

  it.each<[operator: OperatorOfKind<'text'>, operand: string, ids: string[]]>([
    ['containsIgnoreCase', 'kim', ['50007', '60007', '70007']],
    ['containsIgnoreCase', '\u212AIM', ['50007', '60007', '70007']],
    ['containsIgnoreCase', 'task', ['50007', '60007']],
    ['contains', 'kim', ['70007']],
    ['contains', 'Kim_Lee, 100% \\', ['60007']],
    ['contains', 'Kim%', []],
    ['contains', '\u212Aim', ['50007']],
    ['startsWithIgnoreCase', 'a tAsk', ['50007', '60007']],
    ['eqIgnoreCase', 'a task for kim, 100%', ['50007']],
    ['eqIgnoreCase', '東京都 KIM', ['70007']],
  ])('are found by letters with rare variants: %s %s', async (operator, operand, ids) => {
    const { answer, rows, usedTrigrams } = await asked(countOf(GIANT, whose(operator, operand, note)));
    expect([answer, usedTrigrams]).toEqual([BigInt(ids.length), true]);
    expect(rows).toBeLessThan(500);
    const page = await asked(pageOf(GIANT, whose(operator, operand, note)));
    expect(page.answer.rows.map(({ position }) => position.id)).toEqual(ids);
  });

  it('are a page after a short walk if many have the part', async () => {
    const { answer, rows, usedTrigrams } = await asked(pageOf(GIANT, whose('contains', 'Report')));
    expect(answer.rows).toHaveLength(PAGE - 1);
    expect(usedTrigrams).toBe(false);
    expect(rows).toBeLessThan(4 * WALKED);
  });

  it('are a page after a longer walk if one in some hundreds has the part', async () => {
    const { answer, rows, usedTrigrams } = await asked(pageOf(GIANT, whose('contains', '23 No.')));
    const first =
      await sql(`SELECT entity_id AS id FROM atlas.entity WHERE tenant_id = ${GIANT} AND attributes ->> '4' LIKE '%23 No.%'
                             ORDER BY entity_id LIMIT ${PAGE - 1}`);
    expect(answer.rows.map(({ position }) => position.id)).toEqual(first.map(({ id }) => id));
    expect(Number(first.at(-1)?.id)).toBeGreaterThan(WALKED);
    expect(usedTrigrams).toBe(false);
    expect(rows).toBeLessThan(1.5 * Number(first.at(-1)?.id));
  });

  it('are counted in one scan if many have the part', async () => {
    const { answer, rows } = await asked(countOf(GIANT, whose('contains', 'Report')));
    expect(answer).toBe(BigInt(VALUES));
    // The entities, and of the attribute as many as show that there are many.
    expect(rows).toBeLessThan(1.5 * VALUES);
  });

  const searchOf = (tenantId: number, text: string, attributes = [title], type: string | null = null) => {
    const words = searchWords(text, 10);
    return search({ tenantId, type, filter: MATCH_ALL, attributes, words, from: null, limit: PAGE });
  };

  it.each<[text: string, ids: string[], rows: number]>([
    ['4711', ['4711'], 2_000],
    ['99999', ['99999'], 2_000],
    ['C4CA4238A0B923820DCC509A6F75849B', ['1'], 2_000],
    ['47110*', ['47110', '49398'], 2_000],
    // Beyond what is indexed.
    ['100000', ['100000'], 2_000],
    // All have the longer word, and none both.
    ['report 4711', ['4711'], 2_000],
    ['report zebra', [], 2_000],
    ['zebra', [], 2_000],
  ])('are searched for %s through the trigrams', async (text, ids, most) => {
    const { answer, rows, usedTrigrams } = await asked(searchOf(GIANT, text));
    expect(answer.rows.map(({ entity }) => entity.id)).toEqual(ids);
    expect(usedTrigrams).toBe(true);
    expect(rows).toBeLessThan(most);
  });

  it.each([null, 'doc'])('are searched in several attributes by the word that few have, of type %s', async (type) => {
    const both = [title, note];
    const some = [title, note, state];
    for (const [text, attributes, ids] of [
      ['report 4711', both, ['47117', '4711']],
      ['4711', both, ['47117', '4711']],
      ['noted 4711', both, ['47117']],
      ['long 100000', both, ['100000']],
      ['kim task', both, ['50007', '60007']],
      ['report 4711 zebra', both, []],
      ['state 4711', some, ['47117', '4711']],
      ['STATE 4711 noted', some, ['47117']],
    ] as const) {
      const { answer, rows, usedTrigrams } = await asked(searchOf(GIANT, text, [...attributes], type));
      expect([text, answer.rows.map(({ entity }) => entity.id)]).toEqual([text, ids]);
      expect(usedTrigrams).toBe(true);
      // Of a hot attribute, so many entities are counted as say that its values are worth looking for.
      expect(rows, text).toBeLessThan(attributes === some ? 7_500 : 2_000);
    }
  });

  it('are searched in a hot attribute with as many values as entities', async () => {
    for (const type of [null, 'doc']) {
      const { answer } = await asked(searchOf(GIANT, 'code4711', [code, title], type));
      expect(answer.rows.map(({ entity }) => entity.id)).toEqual(['4711']);
      const few = await asked(searchOf(small, 'code77 report', [code, title], type));
      expect(few.answer.rows.map(({ entity }) => entity.id)).toEqual(['77']);
      expect(few.rows).toBeLessThan(700);
    }
  });

  it('are searched in one scan for a word that many have', async () => {
    const { answer, rows } = await asked(searchOf(GIANT, 'report'));
    // The shortest texts come first.
    expect(answer.rows.map(({ entity }) => entity.id)).toEqual(
      Array.from({ length: PAGE }, (_, index) => `${index + 1}`).sort(
        (a, b) => a.length - b.length || Number(a) - Number(b),
      ),
    );
    expect(answer.hasMore).toBe(true);
    expect(rows).toBeLessThan(1.5 * VALUES);
  });

  it('are not missed for any letter', async () => {
    expect(await lettersMissed(cluster.endpoints.primary)).toEqual([]);
  }, 60_000);

  it('cost a small tenant beside it nothing', async () => {
    for (const [filter, found] of [
      [whose('contains', 'No.77'), 1],
      [whose('containsIgnoreCase', 'report'), 49],
      [whose('contains', 'xyz'), 0],
    ] as const) {
      const { answer, rows } = await asked(pageOf(small, filter));
      expect(answer.rows).toHaveLength(found);
      expect(rows).toBeLessThan(600);
    }
    const searched = await asked(searchOf(small, '77'));
    expect(searched.answer.rows.map(({ entity }) => entity.id)).toEqual(['77']);
    expect(searched.rows).toBeLessThan(600);
  });

  it('are not shown to another tenant, whoever asks for them', async () => {
    const direct = (tenant: number) =>
      pool.query<{ id: string }>({
        tenant,
        text: "SELECT atlas.entities_by_text(4, 'No[.]99999', true, NULL) AS id",
        values: [],
      });
    expect((await direct(GIANT)).map(({ id }) => id)).toContain('99999');
    expect(await direct(small)).toEqual([]);
    expect(await pool.query({ text: "SELECT atlas.entities_by_text(4, 'No', true, NULL)", values: [] })).toEqual([]);
    const words = {
      text: 'SELECT atlas.entities_by_texts($1, $2, NULL, $3, true, 100) AS id',
      values: [
        [4, 5],
        ['text_1'],
        JSON.stringify([{ parts: [['~~', '%99999%']], patterns: ['99999'], rare: ['99999'] }]),
      ],
    };
    expect(await pool.query({ ...words, tenant: GIANT })).toContainEqual({ id: '99999' });
    expect(await pool.query({ ...words, tenant: small })).toEqual([]);
    expect(await pool.query(words)).toEqual([]);
  });
});
