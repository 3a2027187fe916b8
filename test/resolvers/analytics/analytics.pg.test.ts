import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../../graphql/support/graphql-stack.ts';

let stack: GraphQLStack;

const person = (country: string | null, score: number | null) => ({
  type: 'user',
  attributes: [
    ...(country === null ? [] : [{ key: 'country', text: country }]),
    ...(score === null ? [] : [{ key: 'score', number: score }]),
  ],
});

beforeAll(async () => {
  stack = await startGraphQLStack();
  const input = [
    person('DE', 0),
    person('DE', 5),
    person('DE', 10),
    person('US', 10),
    person('US', 9.99),
    person('US', null),
    person(null, 3),
    { type: 'film', attributes: [{ key: 'note', text: 'unscored' }] },
  ];
  const write = 'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }';
  await ask(stack.handler, write, { variables: { input } });
});
afterAll(() => stack?.stop());

async function distribution(args: string): Promise<unknown> {
  const { data, errors } = await ask(
    stack.handler,
    `{ analytics { distribution(attribute: "score", ${args}) { groups { value buckets { bucket lower upper count } } freshness { source requestedClass fellBack } } } }`,
  );
  expect(errors).toEqual([]);
  return (data as { analytics: { distribution: unknown } }).analytics.distribution;
}

describe('a distribution', () => {
  it('has the largest value in the last bucket if no edges are given', async () => {
    expect(await distribution('buckets: 2')).toMatchObject({
      groups: [
        {
          value: null,
          buckets: [
            { bucket: 1, lower: 0, upper: 5, count: 2 },
            { bucket: 2, lower: 5, upper: 10, count: 4 },
          ],
        },
      ],
    });
  });

  it('has values outside of given edges in bucket 0 and n+1', async () => {
    expect(await distribution('min: 3, max: 10, buckets: 7')).toMatchObject({
      groups: [
        {
          buckets: [
            { bucket: 0, lower: null, upper: 3, count: 1 },
            { bucket: 1, lower: 3, upper: 4, count: 1 },
            { bucket: 3, lower: 5, upper: 6, count: 1 },
            { bucket: 7, lower: 9, upper: 10, count: 1 },
            { bucket: 8, lower: 10, upper: null, count: 2 },
          ],
        },
      ],
    });
  });

  it('is grouped by another attribute, without those that lack either', async () => {
    expect(await distribution('groupBy: "country", min: 0, max: 20, buckets: 2')).toMatchObject({
      groups: [
        {
          value: 'DE',
          buckets: [
            { bucket: 1, count: 2 },
            { bucket: 2, count: 1 },
          ],
        },
        {
          value: 'US',
          buckets: [
            { bucket: 1, count: 1 },
            { bucket: 2, count: 1 },
          ],
        },
      ],
    });
  });

  it('is grouped by several attributes of any type, whose values are in the order of the keys', async () => {
    const { data } = await ask(
      stack.handler,
      `{ analytics { distribution(attribute: "score", groupBy: ["score", "country"], min: 0, max: 20, buckets: 1) {
        groups { value values buckets { count } } } } }`,
    );
    const group = (score: string, country: string) => ({
      ...{ value: score, values: [score, country], buckets: [{ count: 1 }] },
    });
    expect((data as { analytics: { distribution: { groups: unknown } } }).analytics.distribution.groups).toEqual([
      ...[group('0', 'DE'), group('5', 'DE'), group('9.99', 'US'), group('10', 'DE'), group('10', 'US')],
    ]);
  });

  it('is empty if nothing has the attribute', async () => {
    expect(await distribution('type: "film"')).toMatchObject({ groups: [{ value: null, buckets: [] }] });
    expect(await distribution('type: "film", groupBy: "country"')).toMatchObject({ groups: [] });
    expect(await distribution('type: "film", groupBy: "country", min: 0, max: 1')).toMatchObject({ groups: [] });
  });

  it('takes one edge from the data if the other is given, on whichever side the data lie', async () => {
    const edges = async (args: string) => {
      const { groups } = (await distribution(`${args}, buckets: 1`)) as { groups: { buckets: { bucket: number }[] }[] };
      return groups[0]?.buckets.map(({ bucket }) => bucket);
    };
    expect(await edges('min: 5')).toEqual([0, 1]);
    expect(await edges('max: 5')).toEqual([1, 2]);
    expect(await edges('min: 100')).toEqual([0]);
    expect(await edges('max: -100')).toEqual([2]);
  });

  it('requires analytical data by default, as its definition says', async () => {
    expect(await distribution('min: 0, max: 1')).toMatchObject({
      freshness: { source: 'PRIMARY', requestedClass: 'ANALYTICAL', fellBack: true },
    });
    expect(await distribution('min: 0, max: 1, freshness: {class: REALTIME}')).toMatchObject({
      freshness: { requestedClass: 'REALTIME', fellBack: false },
    });
  });

  it.each([
    ['of text', 'attribute: "country"', 'ATTRIBUTE_TYPE_MISMATCH'],
    ['of an unknown attribute', 'attribute: "scroe"', 'ATTRIBUTE_UNKNOWN'],
    ['by an unknown attribute', 'attribute: "score", groupBy: "nope"', 'ATTRIBUTE_UNKNOWN'],
    ['by four attributes', 'attribute: "score", groupBy: ["a", "b", "c", "d"]', 'BAD_USER_INPUT'],
    ['by the same attribute twice', 'attribute: "score", groupBy: ["country", "country"]', 'BAD_USER_INPUT'],
    ['over nothing', 'attribute: "score", min: 1, max: 1', 'BAD_USER_INPUT'],
    ['over too much', 'attribute: "score", min: -1.7e308, max: 1.7e308', 'BAD_USER_INPUT'],
  ])('is refused %s', async (_case, args, code) => {
    const { codes } = await ask(stack.handler, `{ analytics { distribution(${args}) { groups { value } } } }`);
    expect(codes).toEqual([code]);
  });
});

describe('a count', () => {
  it('counts what matches, over all shards', async () => {
    const filter = '{attributes: [{key: "score", number: {gte: 5}}]}';
    const { data } = await ask(
      stack.handler,
      `{ analytics { all: count { count } users: count(type: "user") { count }
        high: count(type: "user", filter: ${filter}) { count freshness { source requestedClass shard } } } }`,
    );
    expect(data).toEqual({
      analytics: {
        all: { count: 8 },
        users: { count: 7 },
        high: { count: 4, freshness: { source: 'PRIMARY', requestedClass: 'ANALYTICAL', shard: null } },
      },
    });
  });

  it('is grouped, the largest groups first, and counts what is in no group too', async () => {
    const { data } = await ask(
      stack.handler,
      `{ analytics {
        grouped: count(type: "user", groupBy: "country") { count groups { value values count } }
        first: count(groupBy: ["country", "score"], first: 1) { groups { value values count } }
        ungrouped: count(type: "film") { groups { value values count } } } }`,
    );
    expect(data).toEqual({
      analytics: {
        grouped: {
          count: 7,
          groups: [
            { value: 'DE', values: ['DE'], count: 3 },
            { value: 'US', values: ['US'], count: 3 },
          ],
        },
        first: { groups: [{ value: 'DE', values: ['DE', '0'], count: 1 }] },
        ungrouped: { groups: [{ value: null, values: [], count: 1 }] },
      },
    });
  });

  it('asks the shards only for what is selected', async () => {
    stack.statements.splice(0);
    await ask(stack.handler, '{ analytics { count(groupBy: "country") { groups { count } } } }');
    expect(stack.statements).toHaveLength(2);
    await ask(stack.handler, '{ analytics { count(groupBy: "country") { count } } }');
    expect(stack.statements).toHaveLength(4);
  });
});

describe('top values', () => {
  it('are the most frequent ones, over all shards', async () => {
    const { data } = await ask(
      stack.handler,
      `{ analytics { scores: topValues(attribute: "score", first: 2) { values { value count } freshness { requestedClass } }
        none: topValues(attribute: "country", type: "film") { values { value } } } }`,
    );
    expect(data).toEqual({
      analytics: {
        scores: {
          values: [
            { value: '10', count: 2 },
            { value: '0', count: 1 },
          ],
          freshness: { requestedClass: 'ANALYTICAL' },
        },
        none: { values: [] },
      },
    });
  });

  it.each([
    ['of an unknown attribute', 'attribute: "scroe"', 'ATTRIBUTE_UNKNOWN'],
    ['for a negative number of values', 'attribute: "score", first: -1', 'BAD_USER_INPUT'],
    ['for too many values', 'attribute: "score", first: 1001', 'LIMIT_EXCEEDED'],
  ])('are refused %s', async (_case, args, code) => {
    const { codes } = await ask(stack.handler, `{ analytics { topValues(${args}) { values { value } } } }`);
    expect(codes).toEqual([code]);
  });
});

describe('statistics', () => {
  it('summarize a number by group', async () => {
    const { data, errors } = await ask(
      stack.handler,
      `{ analytics {
        all: statistics(attribute: "score", type: "user") { groups { value count min max sum mean quantiles { level value } } }
        grouped: statistics(attribute: "score", groupBy: "country") {
          groups { value values count mean stddev stddevSample quantiles(levels: [0, 0.5, 1]) { value } } }
        none: statistics(attribute: "score", type: "film") { groups { value count min sum stddev quantiles(levels: 0.5) { value } } } } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      analytics: {
        all: {
          groups: [
            {
              ...{ value: null, count: 6, min: 0, max: 10, sum: 37.99, mean: 37.99 / 6 },
              quantiles: [
                { level: 0.5, value: 5 },
                { level: 0.95, value: 10 },
                { level: 0.99, value: 10 },
              ],
            },
          ],
        },
        grouped: {
          groups: [
            {
              ...{ value: 'DE', values: ['DE'], count: 3, mean: 5, stddev: Math.sqrt(50 / 3), stddevSample: 5 },
              quantiles: [{ value: 0 }, { value: 5 }, { value: 10 }],
            },
            {
              ...{ value: 'US', values: ['US'], count: 2, mean: (10 + 9.99) / 2, stddev: expect.closeTo(0.005, 12) },
              ...{ stddevSample: expect.closeTo(0.005 * Math.SQRT2, 12) },
              quantiles: [{ value: 9.99 }, { value: 9.99 }, { value: 10 }],
            },
          ],
        },
        none: { groups: [{ value: null, count: 0, min: null, sum: null, stddev: null, quantiles: [{ value: null }] }] },
      },
    });
  });

  it.each([
    ['of text', 'attribute: "country"', '', 'ATTRIBUTE_TYPE_MISMATCH'],
    ['at a level above 1', 'attribute: "score"', '(levels: [0.5, 1.5])', 'BAD_USER_INPUT'],
    [
      'at too many levels',
      'attribute: "score"',
      `(levels: [${Array.from({ length: 101 }, () => 0.5)}])`,
      'LIMIT_EXCEEDED',
    ],
  ])('are refused %s', async (_case, args, levels, code) => {
    const query = `{ analytics { statistics(${args}) { groups { quantiles${levels} { value } } } } }`;
    expect((await ask(stack.handler, query)).codes).toEqual([code]);
  });
});

describe('facets', () => {
  it('count the values of each attribute without the conditions on itself, over all shards', async () => {
    const filter = '{ attributes: [{ key: "country", text: { eq: "DE" } }, { key: "score", number: { gte: 5 } }] }';
    const { data, errors } = await ask(
      stack.handler,
      `{ analytics {
        facets(attributes: ["country", "score"], type: "user", first: 2, filter: ${filter}) {
          facets { attribute values { value count } missing distinct } freshness { requestedClass } } } }`,
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      analytics: {
        facets: {
          facets: [
            {
              attribute: 'country',
              values: [
                { value: 'DE', count: 2 },
                { value: 'US', count: 2 },
              ],
              ...{ missing: 0, distinct: 2 },
            },
            {
              attribute: 'score',
              values: [
                { value: '0', count: 1 },
                { value: '5', count: 1 },
              ],
              ...{ missing: 0, distinct: 3 },
            },
          ],
          freshness: { requestedClass: 'ANALYTICAL' },
        },
      },
    });
    const all = await ask(
      stack.handler,
      '{ analytics { facets(attributes: ["note", "country"]) { facets { attribute values { value } missing } } } }',
    );
    expect(all.data).toEqual({
      analytics: {
        facets: {
          facets: [
            { attribute: 'note', values: [{ value: 'unscored' }], missing: 7 },
            { attribute: 'country', values: [{ value: 'DE' }, { value: 'US' }], missing: 2 },
          ],
        },
      },
    });
  });

  it.each([
    ['of nothing', '[]', 'BAD_USER_INPUT'],
    ['of an attribute twice', '["score", "score"]', 'BAD_USER_INPUT'],
    ['of an unknown attribute', '["score", "scroe"]', 'ATTRIBUTE_UNKNOWN'],
    ['of too many attributes', JSON.stringify(Array.from({ length: 21 }, (_, n) => `a${n}`)), 'LIMIT_EXCEEDED'],
  ])('are refused %s', async (_case, attributes, code) => {
    const query = `{ analytics { facets(attributes: ${attributes}) { facets { attribute } } } }`;
    expect((await ask(stack.handler, query)).codes).toEqual([code]);
  });
});

describe('a time series', () => {
  const visit = (at: string, page: string, seconds: number) => ({
    type: 'visit',
    attributes: [
      { key: 'at', timestamp: at },
      { key: 'page', text: page },
      { key: 'seconds', number: seconds },
    ],
  });
  beforeAll(async () => {
    const input = [
      visit('2026-03-28T22:30:00Z', 'home', 10),
      visit('2026-03-28T23:30:00Z', 'home', 20),
      visit('2026-03-30T21:59:59.999Z', 'home', 30),
      visit('2026-03-30T22:00:00Z', 'help', 5),
    ];
    const write = 'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }';
    await ask(stack.handler, write, { variables: { input } });
  });

  async function series(args: string): Promise<unknown> {
    const query = `{ analytics { timeSeries(type: "visit", ${args}) { groups { value points { start value } } } } }`;
    const { data, codes } = await ask(stack.handler, query);
    return codes.length > 0 ? codes : (data as { analytics: { timeSeries: unknown } }).analytics.timeSeries;
  }
  const points = (...given: [string, number | null][]) => given.map(([start, value]) => ({ start, value }));

  it('counts by day of a time zone, with days of 23 hours, and 0 where nothing happened', async () => {
    expect(await series('attribute: "at", interval: DAY, timeZone: "Europe/Berlin"')).toEqual({
      groups: [
        {
          value: null,
          points: points(
            ['2026-03-27T23:00:00.000Z', 1],
            ['2026-03-28T23:00:00.000Z', 1],
            ['2026-03-29T22:00:00.000Z', 1],
            ['2026-03-30T22:00:00.000Z', 1],
          ),
        },
      ],
    });
    expect(await series('attribute: "at", interval: DAY')).toEqual({
      groups: [
        {
          value: null,
          points: points(
            ['2026-03-28T00:00:00.000Z', 2],
            ['2026-03-29T00:00:00.000Z', 0],
            ['2026-03-30T00:00:00.000Z', 2],
          ),
        },
      ],
    });
  });

  it.each<[string, string, [string, number | null][]]>([
    [
      'SUM',
      '',
      [
        ['03-28', 30],
        ['03-29', 0],
        ['03-30', 35],
      ],
    ],
    [
      'AVG',
      '',
      [
        ['03-28', 15],
        ['03-29', null],
        ['03-30', 17.5],
      ],
    ],
    [
      'MIN',
      ', gaps: ZERO',
      [
        ['03-28', 10],
        ['03-29', 0],
        ['03-30', 5],
      ],
    ],
    [
      'MAX',
      ', gaps: OMIT',
      [
        ['03-28', 20],
        ['03-30', 30],
      ],
    ],
    [
      'COUNT',
      ', gaps: NULL',
      [
        ['03-28', 2],
        ['03-29', null],
        ['03-30', 2],
      ],
    ],
  ])('shows %s of a number by another attribute%s', async (aggregate, more, expected) => {
    const args = `attribute: "seconds", by: { attribute: "at" }, interval: DAY, aggregate: ${aggregate}${more}`;
    const shown = expected.map(([day, value]): [string, number | null] => [`2026-${day}T00:00:00.000Z`, value]);
    expect(await series(args)).toEqual({ groups: [{ value: null, points: points(...shown) }] });
  });

  it('spans the requested time, by group, and counts nothing outside of it', async () => {
    const within = 'from: "2026-03-28T23:00:00Z", to: "2026-04-01T00:00:00Z"';
    expect(await series(`attribute: "at", interval: DAY, groupBy: "page", ${within}`)).toEqual({
      groups: ['help', 'home'].map((value) => ({
        value,
        points: points(
          ['2026-03-28T00:00:00.000Z', value === 'home' ? 1 : 0],
          ['2026-03-29T00:00:00.000Z', 0],
          ['2026-03-30T00:00:00.000Z', 1],
          ['2026-03-31T00:00:00.000Z', 0],
        ),
      })),
    });
    expect(await series('attribute: "at", interval: DAY, from: "2027-01-01"')).toEqual({
      groups: [{ value: null, points: [] }],
    });
  });

  it('is by the creation of the entities unless anything else is given', async () => {
    const total = async (args: string) => {
      const { groups } = (await series(args)) as { groups: { points: { value: number }[] }[] };
      return groups[0]?.points.map(({ value }) => value);
    };
    expect(await total('interval: YEAR')).toEqual([4]);
    expect(await total('attribute: "seconds", aggregate: SUM, interval: YEAR')).toEqual([65]);
    expect(await total('by: { field: UPDATED_AT }, interval: YEAR')).toEqual([4]);
  });

  it.each([
    ['of a sum of text', 'attribute: "page", aggregate: SUM, interval: DAY', 'ATTRIBUTE_TYPE_MISMATCH'],
    ['of a sum of nothing', 'aggregate: SUM, interval: DAY', 'BAD_USER_INPUT'],
    ['by a text', 'by: { attribute: "page" }, interval: DAY', 'ATTRIBUTE_TYPE_MISMATCH'],
    ['by two times', 'by: { attribute: "at", field: CREATED_AT }, interval: DAY', 'BAD_USER_INPUT'],
    ['in an unknown time zone', 'attribute: "at", timeZone: "Europe/Atlantis", interval: DAY', 'BAD_USER_INPUT'],
    ['from later on', 'attribute: "at", from: "2026-01-02", to: "2026-01-01", interval: DAY', 'BAD_USER_INPUT'],
    [
      'from before the year 1',
      'attribute: "at", from: "0000-12-31", to: "0002-01-01", interval: YEAR',
      'BAD_USER_INPUT',
    ],
    [
      'to after the year 9999',
      'attribute: "at", from: "9999-01-01", to: "9999-12-31T23:59:59-01:00", interval: YEAR',
      'BAD_USER_INPUT',
    ],
    ['of too many periods', 'attribute: "at", from: "2020-01-01", to: "2026-01-01", interval: HOUR', 'LIMIT_EXCEEDED'],
    [
      'of too many points',
      'attribute: "at", from: "2003-01-01", to: "2026-12-31", interval: DAY, groupBy: "page"',
      'LIMIT_EXCEEDED',
    ],
  ])('is refused %s', async (_case, args, code) => {
    expect(await series(args)).toEqual([code]);
  });
});
