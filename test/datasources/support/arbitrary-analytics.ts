import fc from 'fast-check';
import type { TimeAxis } from '../../../src/datasources/questions/time-axis.ts';
import type { TimeInterval } from '../../../src/domain/analytics/periods.ts';
import type { Aggregate } from '../../../src/domain/analytics/time-series.ts';
import type { AttributeDefinition } from '../../../src/domain/catalog/attribute.ts';
import type { EntityFilter } from '../../../src/domain/filter/filter.ts';
import { filter } from './arbitrary-question.ts';
import { CATALOG, FILTERABLE_KEYS } from './sample-catalog.ts';

const attribute = fc.constantFrom(...FILTERABLE_KEYS.map((key) => CATALOG[key]));
const number = fc.constantFrom(CATALOG.number, CATALOG.hotNumber, CATALOG.numberList);
const keys = (minLength: number) => fc.uniqueArray(attribute, { minLength, maxLength: 3, selector: ({ key }) => key });

const axis = fc.constantFrom<TimeAxis>(
  { kind: 'field', field: 'createdAt' },
  { kind: 'field', field: 'updatedAt' },
  { kind: 'attribute', attribute: CATALOG.timestamp },
  { kind: 'attribute', attribute: CATALOG.hotTimestamp },
);

const aggregated = fc.oneof(
  fc.record({ aggregate: fc.constant<Aggregate>('COUNT'), attribute: fc.option(attribute) }),
  fc.record({ aggregate: fc.constantFrom<Aggregate>('SUM', 'AVG', 'MIN', 'MAX'), attribute: number }),
);

const period = fc.record({
  zone: fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/Sao_Paulo',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Pacific/Apia',
  ),
  interval: fc.constantFrom<TimeInterval>('WEEK', 'MONTH', 'QUARTER', 'YEAR'),
  from: fc.constantFrom(Date.parse('1900-01-01'), Date.parse('1969-12-31T23:59:59.999Z'), 0),
  to: fc.constantFrom(1, Date.parse('2023-11-14T22:13:20.123Z'), Date.parse('2026-06-01'), Date.parse('2060-01-01')),
});

/** A selection of conditions that must all hold, as facets have their own among them, and one question of each kind about it. */
export const analyticsQuestion = fc.record({
  selection: fc.record({
    tenantId: fc.constantFrom(1, 1, 1, 2),
    type: fc.constantFrom(null, 'user', 'group'),
    filter: fc
      .oneof({ weight: 1, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: fc.array(filter, { maxLength: 3 }) })
      .map((filters): EntityFilter => ({ kind: 'and', filters })),
  }),
  halve: fc
    .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 60, size: 'max' })
    .map((ids): EntityFilter => ({ kind: 'ids', ids: ids.map(String) })),
  groups: fc.record({ groupBy: keys(1), first: fc.integer({ min: 0, max: 6 }) }),
  facets: fc.record({ attributes: keys(1), first: fc.integer({ min: 0, max: 6 }) }),
  statistics: fc.record({ attribute: number, groupBy: keys(0) }),
  level: fc.double({ min: 0, max: 1, noNaN: true }),
  series: fc
    .record({ axis, aggregated, period, groupBy: keys(0) })
    .map(({ axis, groupBy, aggregated: what, period: when }) => ({ axis, groupBy, ...what, ...when })),
});

export type AnalyticsQuestion = typeof analyticsQuestion extends fc.Arbitrary<infer Asked> ? Asked : never;

/** The filter without the conditions that name this attribute alone. */
export function withoutOwn(given: EntityFilter, { key }: AttributeDefinition): EntityFilter {
  const isOwn = (part: EntityFilter) => namesIn(part).every((name) => name === key);
  return { kind: 'and', filters: topLevel(given).filter((part) => !isOwn(part)) };
}

function topLevel(given: EntityFilter): readonly EntityFilter[] {
  return given.kind === 'and' ? given.filters.flatMap(topLevel) : [given];
}

/** Null for a condition on no attribute, and for a combination of nothing. */
function namesIn(given: EntityFilter): readonly (string | null)[] {
  if (given.kind === 'attribute' || given.kind === 'exists' || given.kind === 'elements') return [given.attribute.key];
  if (given.kind === 'not') return namesIn(given.filter);
  if (given.kind === 'and' || given.kind === 'or')
    return given.filters.length === 0 ? [null] : given.filters.flatMap(namesIn);
  return [null];
}
