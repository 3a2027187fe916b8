import type { AttributeUse, AttributeUseQuery } from '../../../src/datasources/questions/attribute-use.ts';
import type { DistributionQuery } from '../../../src/datasources/questions/distribution.ts';
import type { EntityTypesQuery, TypeCount } from '../../../src/datasources/questions/entity-types.ts';
import type { Facet, FacetsQuery } from '../../../src/datasources/questions/facets.ts';
import type { GroupCountsQuery } from '../../../src/datasources/questions/group-counts.ts';
import type { RangeQuery } from '../../../src/datasources/questions/range.ts';
import type { TimedSelection } from '../../../src/datasources/questions/time-axis.ts';
import type { MomentRange } from '../../../src/datasources/questions/time-range.ts';
import type { TimeSeriesQuery } from '../../../src/datasources/questions/time-series.ts';
import type { DistributionCell, NumberRange } from '../../../src/domain/analytics/buckets.ts';
import { compareGroups, type GroupKeys } from '../../../src/domain/analytics/group.ts';
import type { Aggregate, SeriesValues } from '../../../src/domain/analytics/time-series.ts';
import type { GroupCount, TopGroups } from '../../../src/domain/analytics/top-groups.ts';
import type { AttributeDefinition } from '../../../src/domain/catalog/attribute.ts';
import { isListType } from '../../../src/domain/catalog/list-types.ts';
import type { WholeEntity } from '../../../src/domain/entity.ts';
import {
  type EntityFilter,
  type EntityOrder,
  type EntitySelection,
  MATCH_ALL,
  type Operand,
} from '../../../src/domain/filter/filter.ts';
import { matchesFilter, wholeValue } from '../../../src/domain/filter/matches-filter.ts';
import type { EntityPageQuery, PagePosition } from '../../../src/domain/filter/page-position.ts';
import { RANK_UNIT, type SearchPosition, type SearchQuery } from '../../../src/domain/search/search-query.ts';
import type { SearchWord } from '../../../src/domain/search/search-words.ts';
import { compareUtf8 } from '../../../src/lib/compare-utf8.ts';
import { factsOf } from './naive-numbers.ts';
import { indexedValue, type SampleEntity } from './sample-entity.ts';

/** The required answer of every engine, computed in the simplest way. */
export class EntityModel {
  readonly #entities: readonly SampleEntity[];

  constructor(entities: readonly SampleEntity[]) {
    this.#entities = entities;
  }

  select({ tenantId, type, filter }: EntitySelection): WholeEntity[] {
    return this.#entities
      .filter((entity) => entity.tenantId === tenantId)
      .map(({ record }) => record)
      .filter((record) => (type === null || record.type === type) && matchesFilter(record, filter));
  }

  /** Those that are selected, once for each element of these lists, which takes the place of the list. */
  #each(selection: EntitySelection, attributes: readonly AttributeDefinition[]): WholeEntity[] {
    const lists = new Set(attributes.filter(({ type }) => isListType(type)).map(({ id }) => id));
    let records = this.select(selection);
    for (const id of lists) {
      records = records.flatMap((record) => {
        const list = record.attributes[id];
        if (!Array.isArray(list)) return [];
        return list.map((element) => ({ ...record, attributes: { ...record.attributes, [id]: element } }));
      });
    }
    return records;
  }

  page(query: EntityPageQuery): { positions: PagePosition[]; hasMore: boolean } {
    const { order, from, direction, limit } = query;
    const sorted = this.select(query)
      .map((record) => position(record, order))
      .sort((a, b) => comparePositions(order, a, b));
    const forward = direction === 'FORWARD';
    const beyond = sorted.filter((at) => {
      const difference = from === null ? 0 : comparePositions(order, at, from);
      return from === null || (forward ? difference > 0 : difference < 0);
    });
    const positions = forward ? beyond.slice(0, limit) : beyond.slice(Math.max(0, beyond.length - limit));
    return { positions, hasMore: beyond.length > limit };
  }

  entityTypes({ tenantId, from, isFromIncluded, limit, isCounted }: EntityTypesQuery): TypeCount[] {
    const counts = new Map<string, number>();
    for (const { type } of this.#ofTenant(tenantId)) counts.set(type, (counts.get(type) ?? 0) + 1);
    return Array.from(counts, ([type, entities]) => ({ type, entities: isCounted ? BigInt(entities) : null }))
      .filter(({ type }) => type > from || (isFromIncluded && type === from))
      .sort((a, b) => compareUtf8(a.type, b.type))
      .slice(0, limit);
  }

  /** By type, then by id. */
  attributeUse({ tenantId, types }: AttributeUseQuery): AttributeUse[] {
    return [...types].sort(compareUtf8).flatMap((type) => {
      const entities = this.#ofTenant(tenantId).filter((record) => record.type === type);
      const ids = new Set(entities.flatMap(({ attributes }) => Object.keys(attributes)));
      return [...ids]
        .map((id) => {
          const having = entities.filter(({ attributes }) => id in attributes);
          return { type, attributeId: Number(id), entities: BigInt(having.length) };
        })
        .sort((a, b) => a.attributeId - b.attributeId);
    });
  }

  #ofTenant(tenantId: number): WholeEntity[] {
    return this.select({ tenantId, type: null, filter: MATCH_ALL });
  }

  search({ attributes, words, from, limit, ...query }: SearchQuery): { found: SearchPosition[]; hasMore: boolean } {
    const found = this.select(query).flatMap((record) => {
      const texts = attributes.flatMap(({ id }) => record.attributes[id] ?? []).map(String);
      const inText = (text: string) => words.filter((word) => hasWord(text, word));
      if (new Set(texts.flatMap(inText)).size < words.length) return [];
      const ranks = texts
        .filter((text) => text !== '')
        .map((text) => {
          const characters = inText(text).reduce((sum, { text: word }) => sum + [...word].length, 0);
          return Math.floor((characters * RANK_UNIT) / [...text].length);
        });
      return [{ rank: ranks.reduce((sum, rank) => sum + rank, 0), id: record.id }];
    });
    const inOrder = (a: SearchPosition, b: SearchPosition) => b.rank - a.rank || compareIds(a.id, b.id);
    const beyond = found.sort(inOrder).filter((at) => from === null || inOrder(from, at) < 0);
    return { found: beyond.slice(0, limit), hasMore: beyond.length > limit };
  }

  range(query: RangeQuery): NumberRange | null {
    const values = this.#each(query, [query.attribute]).flatMap(
      (record) => indexedValue(record, query.attribute) ?? [],
    ) as number[];
    return values.length === 0 ? null : { min: Math.min(...values), max: Math.max(...values) };
  }

  /** The values of a number attribute by group, in the order of the groups. */
  numbers(
    query: EntitySelection & { readonly attribute: AttributeDefinition; readonly groupBy: GroupKeys },
  ): { group: readonly string[]; numbers: number[] }[] {
    const groups = new Map<string, { group: readonly string[]; numbers: number[] }>();
    if (query.groupBy.length === 0) groups.set('[]', { group: [], numbers: [] });
    for (const record of this.#each(query, [query.attribute, ...query.groupBy])) {
      const group = groupIn(record, query.groupBy);
      const value = wholeValue(record, query.attribute);
      if (group === null || value === null) continue;
      const known = groups.get(JSON.stringify(group)) ?? { group, numbers: [] };
      groups.set(JSON.stringify(group), known);
      known.numbers.push(Number(value) + 0);
    }
    const inOrder = compareGroups(query.groupBy);
    return [...groups.values()].sort((a, b) => inOrder(a.group, b.group));
  }

  /** @param filters by facet, the filter without the conditions on its attribute. */
  facets({ attributes, first, ...query }: FacetsQuery, filters: readonly EntityFilter[]): Facet[] {
    return attributes.map((attribute, index) => {
      const selection = { ...query, filter: filters[index] ?? query.filter };
      const missing = this.select(selection).filter(({ attributes: of }) => of[attribute.id] === undefined);
      const counts = this.groupCounts({ ...selection, groupBy: [attribute], first });
      return { attribute, missing: BigInt(missing.length), ...counts };
    });
  }

  timeRange(query: TimedSelection): MomentRange | null {
    const moments = this.#timed(query).map(({ moment }) => moment);
    return moments.length === 0 ? null : { first: Math.min(...moments), last: Math.max(...moments) };
  }

  timeSeries(query: TimeSeriesQuery): SeriesValues[] {
    const groups = new Map<string, { group: readonly string[]; periods: Map<number, number[]> }>();
    if (query.groupBy.length === 0) groups.set('[]', { group: [], periods: new Map() });
    for (const { record, moment } of this.#timed(query, query.groupBy)) {
      const group = groupIn(record, query.groupBy);
      if (group === null) continue;
      const known = groups.get(JSON.stringify(group)) ?? { group, periods: new Map<number, number[]>() };
      groups.set(JSON.stringify(group), known);
      const period = query.starts.filter((start) => start <= moment).length - 1;
      const isMeasured = query.attribute !== null && query.aggregate !== 'COUNT';
      const value = isMeasured ? Number(wholeValue(record, query.attribute)) : 0;
      known.periods.set(period, [...(known.periods.get(period) ?? []), value + 0]);
    }
    const inOrder = compareGroups(query.groupBy);
    return [...groups.values()]
      .sort((a, b) => inOrder(a.group, b.group))
      .map(({ group, periods }) => ({
        group,
        values: new Map([...periods].map(([period, numbers]) => [period, aggregated(numbers, query.aggregate)])),
      }));
  }

  #timed(query: TimedSelection, groupBy: GroupKeys = []): { record: WholeEntity; moment: number }[] {
    const { axis, attribute, from, to } = query;
    return this.#each(query, attribute === null ? groupBy : [attribute, ...groupBy]).flatMap((record) => {
      const time = axis.kind === 'field' ? record[axis.field].getTime() : wholeValue(record, axis.attribute);
      const isCounted = attribute === null || record.attributes[attribute.id] !== undefined;
      if (time === null || !isCounted || Number(time) < (from ?? -Infinity) || Number(time) >= (to ?? Infinity))
        return [];
      return [{ record, moment: Number(time) }];
    });
  }

  groupCounts({ groupBy, first, ...query }: GroupCountsQuery): TopGroups {
    const counts = new Map<string, GroupCount>();
    for (const record of this.#each(query, groupBy)) {
      const group = groupIn(record, groupBy);
      if (group === null) continue;
      const key = JSON.stringify(group);
      counts.set(key, { group, count: (counts.get(key)?.count ?? 0n) + 1n });
    }
    const inOrder = compareGroups(groupBy);
    const groups = [...counts.values()].sort((a, b) => Number(b.count - a.count) || inOrder(a.group, b.group));
    return { groups: groups.slice(0, first), distinct: groups.length };
  }

  distribution(query: DistributionQuery): DistributionCell[] {
    const counts = new Map<string, DistributionCell>();
    for (const record of this.#each(query, [query.attribute, ...query.groupBy])) {
      const value = indexedValue(record, query.attribute);
      const group = groupIn(record, query.groupBy);
      if (value === null || group === null) continue;
      const cell = { group, bucket: bucketOf(Number(value), query), count: 1n };
      const key = JSON.stringify([cell.group, cell.bucket]);
      counts.set(key, { ...cell, count: (counts.get(key)?.count ?? 0n) + 1n });
    }
    const inOrder = compareGroups(query.groupBy);
    return [...counts.values()].sort((a, b) => inOrder(a.group, b.group) || a.bucket - b.bucket);
  }
}

function aggregated(numbers: readonly number[], aggregate: Aggregate): number | null {
  const { min, max, sum, mean } = factsOf(numbers);
  return { COUNT: numbers.length, SUM: sum, AVG: mean, MIN: min, MAX: max }[aggregate];
}

function matchesIgnoringCase(pattern: string, value: Operand): boolean {
  return new RegExp(pattern, 'iu').test(String(value));
}

/** Of the words between separators. */
function hasWord(text: string, { text: word, isPrefix }: SearchWord): boolean {
  const pattern = `^${literal(word)}${isPrefix ? '' : '$'}`;
  return text.split(/[\p{P}\p{S}\p{Z}\p{Cc}]/u).some((part) => matchesIgnoringCase(pattern, part));
}

function literal(text: string): string {
  return text.replace(/[.^$*+?()[\]{}|\\/]/g, '\\$&');
}

function compare(a: Operand, b: Operand): number {
  if (typeof a === 'string') return compareUtf8(a, String(b));
  return a < b ? -1 : Number(a > b);
}

function position(record: WholeEntity, order: readonly EntityOrder[]): PagePosition {
  const values = order.map((by) => {
    if (by.kind === 'attribute') return indexedValue(record, by.attribute);
    return by.field === 'id' ? record.id : record[by.field].getTime();
  });
  return { values, id: record.id };
}

function comparePositions(order: readonly EntityOrder[], a: PagePosition, b: PagePosition): number {
  for (const [index, by] of order.entries()) {
    const [left, right] = [a.values[index] ?? null, b.values[index] ?? null];
    if (left === right) continue;
    if (left === null || right === null) return left === null ? 1 : -1;
    const byId = by.kind === 'field' && by.field === 'id';
    const difference = byId ? compareIds(String(left), String(right)) : compare(left, right);
    if (difference !== 0) return by.direction === 'ASC' ? difference : -difference;
  }
  return compareIds(a.id, b.id);
}

function compareIds(a: string, b: string): number {
  return a.length - b.length || compareUtf8(a, b);
}

function bucketOf(value: number, { min, max, buckets }: DistributionQuery): number {
  if (value < min) return 0;
  if (value >= max) return buckets + 1;
  const fraction = Number.isFinite(max - min)
    ? (value - min) / (max - min)
    : (value / 2 - min / 2) / (max / 2 - min / 2);
  return Math.min(Math.trunc(buckets * fraction), buckets - 1) + 1;
}

/** Null if the entity lacks one of the keys. */
export function groupIn(record: WholeEntity, keys: GroupKeys): readonly string[] | null {
  const values = keys.flatMap((key) => textOf(key, wholeValue(record, key)) ?? []);
  return values.length < keys.length ? null : values;
}

function textOf({ type }: AttributeDefinition, value: Operand | null): string | null {
  if (value === null) return null;
  return type === 'TIMESTAMP' ? new Date(Number(value)).toISOString() : String(value);
}
