import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EntityReader } from '../../src/datasources/entity-reader.ts';
import { facets } from '../../src/datasources/questions/facets.ts';
import { groupCounts } from '../../src/datasources/questions/group-counts.ts';
import type { Question } from '../../src/datasources/questions/question.ts';
import { statistics } from '../../src/datasources/questions/statistics.ts';
import type { TimeAxis } from '../../src/datasources/questions/time-axis.ts';
import { timeRange } from '../../src/datasources/questions/time-range.ts';
import { timeSeries } from '../../src/datasources/questions/time-series.ts';
import type { NumberSummary } from '../../src/domain/analytics/number-summary.ts';
import { periodStarts, type TimeInterval } from '../../src/domain/analytics/periods.ts';
import { TimeZone } from '../../src/domain/analytics/time-zone.ts';
import type { AttributeValue } from '../../src/domain/catalog/attribute.ts';
import { type EntityFilter, type EntitySelection, MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { EntityModel } from './support/entity-model.ts';
import { factsOf, isNear, type NumberFacts, quantileOf } from './support/naive-numbers.ts';
import { CATALOG, FILTERABLE_KEYS, type SampleKey } from './support/sample-catalog.ts';
import { type SampleEntity, sample } from './support/sample-entity.ts';

interface Tested {
  fill(entities: readonly SampleEntity[]): Promise<void>;
  readonly reader: EntityReader;
}

type Values = Readonly<Record<string, readonly AttributeValue[]>>;

/** Every value of every type beside small values that repeat, created at different times. */
function samplesOf(values: Values): SampleEntity[] {
  const own = FILTERABLE_KEYS.flatMap((key) => (values[CATALOG[key].type] ?? []).map((value) => ({ [key]: value })));
  const entities = [...own, ...own].map((attributes, index) =>
    sample(
      index + 1,
      {
        ...(index % 3 > 0 && { hotText: 'a', text: index % 2 === 0 ? 'even' : 'odd' }),
        ...(index % 3 === 0 && { textList: ['x', 'y', 'x'].slice(index % 4), numberList: [index % 2, 0.5, 0.5] }),
        ...(index % 5 > 0 && { hotNumber: (index % 7) - 3.5, number: index % 7 }),
        ...(index % 4 > 0 && { boolean: index % 8 > 3, timestamp: new Date(index * 50_000_000_000).toISOString() }),
        ...attributes,
      },
      { type: index % 6 > 0 ? 'user' : 'group', createdAt: new Date(index * 40_000_000), updatedAt: new Date(2 ** 40) },
    ),
  );
  return [...entities, sample(1, { number: 1, text: 'odd' }, { tenantId: 2 })];
}

/** The questions of `analytics`, over data of their own. @param restore what to fill the engine with afterwards. */
export function analyticsConformance(tested: () => Tested, values: Values, restore: readonly SampleEntity[]): void {
  describe('analytics', () => {
    const entities = samplesOf(values);
    const model = new EntityModel(entities);
    beforeAll(() => tested().fill(entities));
    afterAll(() => tested().fill(restore));

    const { signal } = new AbortController();
    async function answerTo<Part, Answer>(question: Question<Part, Answer>): Promise<Answer> {
      return question.merge([(await tested().reader.ask(question, signal)).data]);
    }
    const select = (filter: EntityFilter = MATCH_ALL, type: string | null = null): EntitySelection => ({
      ...{ tenantId: 1, type, filter },
    });
    const is = (key: SampleKey, operand: string | number | boolean): EntityFilter => ({
      ...{ kind: 'attribute', attribute: CATALOG[key], predicate: { operator: 'eq', operand } },
    });

    it.each<[string, SampleKey[]]>([
      ...FILTERABLE_KEYS.map((key): [string, SampleKey[]] => [key, [key]]),
      ['two keys', ['text', 'hotNumber']],
      ['two lists', ['textList', 'numberList']],
      ['three keys', ['boolean', 'hotText', 'number']],
    ])('count entities by %s, the largest groups first', async (_, keys) => {
      const query = { groupBy: keys.map((key) => CATALOG[key]), maxGroups: 1_000 };
      for (const first of [0, 3, 100]) {
        const asked = { ...select(), ...query, first };
        expect(await answerTo(groupCounts(asked))).toEqual(model.groupCounts(asked));
        const filtered = { ...select(is('text', 'odd'), 'user'), ...query, first };
        expect(await answerTo(groupCounts(filtered))).toEqual(model.groupCounts(filtered));
      }
    });

    it('count the values of several attributes at once, each without the conditions on itself', async () => {
      const attributes = FILTERABLE_KEYS.map((key) => CATALOG[key]);
      const [text, number, flag] = [is('text', 'odd'), is('hotNumber', -0.5), is('boolean', true)];
      const anyText: EntityFilter = { kind: 'or', filters: [text, { kind: 'not', filter: is('text', 'even') }] };
      const mixed: EntityFilter = { kind: 'or', filters: [text, flag] };
      const has: EntityFilter = { kind: 'exists', attribute: CATALOG.json };
      const ids: EntityFilter = { kind: 'ids', ids: Array.from({ length: 70 }, (_, index) => String(index + 1)) };
      for (const filters of [
        [],
        [text],
        [anyText, number, ids],
        [text, flag, number],
        [mixed, has, { kind: 'not', filter: flag }],
      ] as EntityFilter[][]) {
        const filter: EntityFilter = { kind: 'and', filters };
        const query = { ...select(filter), attributes, first: 5, maxGroups: 1_000 };
        const own: Partial<Record<SampleKey, readonly EntityFilter[]>> = {
          ...{ text: [text, anyText], hotNumber: [number], json: [has] },
          boolean: filters.filter((one) => one === flag || (one.kind === 'not' && one.filter === flag)),
        };
        const without = FILTERABLE_KEYS.map(
          (key): EntityFilter => ({
            kind: 'and',
            filters: filters.filter((one) => !own[key]?.includes(one)),
          }),
        );
        expect(await answerTo(facets(query))).toEqual(model.facets(query, without));
      }
    });

    it('count the values of a facet up to a bound', async () => {
      const query = { ...select(), attributes: [CATALOG.hotText, CATALOG.boolean], first: 1, maxGroups: 2 };
      const [texts, flags] = model.facets(query, []);
      expect(await answerTo(facets(query))).toEqual([{ ...texts, distinct: null }, flags]);
      await expect(answerTo(facets({ ...query, first: 3 }))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    });

    it.each<[string, SampleKey, SampleKey[]]>([
      ['hotNumber', 'hotNumber', []],
      ['number', 'number', []],
      ['number by text', 'number', ['text']],
      ['the elements of numberList', 'numberList', []],
      ['numberList by itself', 'numberList', ['numberList']],
      ['number by the elements of textList', 'number', ['textList']],
      ['hotNumber by three keys', 'hotNumber', ['boolean', 'hotText', 'number']],
    ])('know the statistics of %s, exactly', async (_, key, groupBy) => {
      const asked = {
        attribute: CATALOG[key],
        groupBy: groupBy.map((by) => CATALOG[by]),
        maxGroups: 1_000,
        maxBins: 10_000,
      };
      for (const selection of [select(), select(is('text', 'odd'), 'user'), select(is('text', 'none'))]) {
        for (const binSize of ['exponent', 'quantile'] as const) {
          const query = { ...selection, ...asked, binSize, hasSquares: true };
          const found = await answerTo(statistics(query));
          const expected = model.numbers(query);
          expect(found.map(({ group, summary }) => ({ group, ...factsIn(summary) }))).toEqual(
            expected.map(({ group, numbers }) => ({ group, ...factsOf(numbers) })),
          );
          if (binSize === 'exponent') continue;
          for (const level of [0, 0.05, 0.5, 0.9, 1]) {
            for (const [index, { numbers }] of expected.entries()) {
              const [quantile, truth] = [found[index]?.summary.quantile(level) ?? null, quantileOf(numbers, level)];
              expect(isNear(quantile, truth), `${quantile} for ${truth}`).toBe(true);
            }
          }
        }
      }
    });

    const created: TimeAxis = { kind: 'field', field: 'createdAt' };
    const axes: readonly TimeAxis[] = [
      created,
      { kind: 'field', field: 'updatedAt' },
      { kind: 'attribute', attribute: CATALOG.timestamp },
      { kind: 'attribute', attribute: CATALOG.hotTimestamp },
    ];
    const anyTime = { from: null, to: null };

    it.each(axes)('know the first and the last time (%#)', async (axis) => {
      for (const selection of [select(), select(is('text', 'odd'), 'user'), select(is('text', 'none'))]) {
        for (const attribute of [null, CATALOG.number]) {
          const query = { ...selection, ...anyTime, axis, attribute };
          expect(await answerTo(timeRange(query))).toEqual(model.timeRange(query));
          const within = {
            ...query,
            from: Date.parse('1970-01-02T00:00:00Z'),
            to: Date.parse('2024-02-29T12:00:00.001Z'),
          };
          expect(await answerTo(timeRange(within))).toEqual(model.timeRange(within));
        }
      }
    });

    it.each<[TimeInterval, string, TimeAxis]>([
      ['YEAR', 'Asia/Tokyo', axes[2] ?? created],
      ['YEAR', 'UTC', axes[3] ?? created],
      ['HOUR', 'Europe/Berlin', created],
      ['WEEK', 'America/New_York', axes[1] ?? created],
    ])('aggregate by %s in %s (%#)', async (interval, zone, axis) => {
      const range = model.timeRange({ ...select(), ...anyTime, axis, attribute: null }) ?? { first: 0, last: 0 };
      const starts = periodStarts(range, interval, new TimeZone(zone), 20_000);
      const times = { axis, from: range.first, to: range.last + 1, starts };
      const limits = { maxPoints: 1_000, maxBins: 10_000 };
      for (const [aggregate, attribute, groupBy] of [
        ['COUNT', null, []],
        ['COUNT', CATALOG.text, [CATALOG.boolean]],
        ['SUM', CATALOG.number, []],
        ['AVG', CATALOG.hotNumber, [CATALOG.text, CATALOG.boolean]],
        ['MIN', CATALOG.number, [CATALOG.hotText]],
        ['MAX', CATALOG.number, []],
        ['COUNT', CATALOG.textList, []],
        ['SUM', CATALOG.numberList, [CATALOG.textList]],
      ] as const) {
        const query = { ...select(), ...times, ...limits, aggregate, attribute, groupBy };
        expect(await answerTo(timeSeries(query)), aggregate).toEqual(model.timeSeries(query));
      }
    });

    it('refuse a time series with more points, or that needs more bins, than it may have', async () => {
      const starts = [0, 40_000_000, 80_000_000, 120_000_000];
      const query = {
        ...select(),
        axis: created,
        attribute: CATALOG.number,
        groupBy: [],
        starts,
        from: 0,
        to: 2 ** 40,
      };
      const refusal = { code: 'LIMIT_EXCEEDED' };
      const counted = { ...query, aggregate: 'COUNT' as const, maxBins: 1 };
      expect(await answerTo(timeSeries({ ...counted, maxPoints: 3 }))).toHaveLength(1);
      await expect(answerTo(timeSeries({ ...counted, maxPoints: 2 }))).rejects.toMatchObject(refusal);
      const added = { ...query, aggregate: 'SUM' as const, maxPoints: 3 };
      expect(await answerTo(timeSeries({ ...added, maxBins: 1_000 }))).toHaveLength(1);
      await expect(answerTo(timeSeries({ ...added, maxBins: 3 }))).rejects.toMatchObject(refusal);
      await expect(answerTo(timeSeries({ ...added, maxBins: 1_000, maxPoints: 2 }))).rejects.toMatchObject(refusal);
    });

    it('refuse statistics with more groups, or that need more bins, than they may have', async () => {
      const query = {
        ...select(),
        attribute: CATALOG.number,
        groupBy: [CATALOG.text],
        binSize: 'exponent' as const,
        hasSquares: true,
      };
      const groups = model.numbers(query).length;
      const limits = { maxGroups: groups, maxBins: 1_000 };
      expect(await answerTo(statistics({ ...query, ...limits }))).toHaveLength(groups);
      const refusal = { code: 'LIMIT_EXCEEDED' };
      await expect(answerTo(statistics({ ...query, ...limits, maxGroups: groups - 1 }))).rejects.toMatchObject(refusal);
      await expect(answerTo(statistics({ ...query, ...limits, maxBins: groups }))).rejects.toMatchObject(refusal);
    });

    it('count no more groups than the bound, and name those with most entities or none', async () => {
      const asked = { ...select(), groupBy: [CATALOG.hotText], first: 1, maxGroups: 1 };
      expect(await answerTo(groupCounts(asked))).toEqual({ ...model.groupCounts(asked), distinct: null });
      await expect(answerTo(groupCounts({ ...asked, first: 3 }))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    });
  });
}

export function factsIn({ count, min, max, sum, mean, stddev, stddevSample }: NumberSummary): NumberFacts {
  return { count, min, max, sum, mean, stddev, stddevSample };
}
