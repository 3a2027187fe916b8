import { type CountedGroups, smallest, type TopGroups, topGroups } from '../../domain/analytics/top-groups.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { countedType, isListType } from '../../domain/catalog/list-types.ts';
import type { EntityFilter, EntitySelection } from '../../domain/filter/filter.ts';
import { listElements } from '../clickhouse/attribute-rows.ts';
import type { ClickHouseDialect } from '../clickhouse/clickhouse-dialect.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import type { EntitySource as ClickHouseSource } from '../clickhouse/entity-source.ts';
import type { EntitySource as PostgresSource } from '../postgres/reading/entity-source.ts';
import { PostgresDialect } from '../postgres/reading/postgres-dialect.ts';
import { postgresForm } from '../postgres/reading/postgres-form.ts';
import { conjuncts, type FilterDialect, filterSql } from '../sql/filter-sql.ts';
import { valueText } from './group-values.ts';
import type { Question } from './question.ts';

export interface FacetsQuery extends EntitySelection {
  /** Each of them once. */
  readonly attributes: readonly AttributeDefinition[];
  /** The most values of a facet in the answer. */
  readonly first: number;
  /** The most values of a facet of which a source returns all; of more, it returns the most frequent, and one more than that, so that it shows. */
  readonly maxGroups: number;
}

/** What one source counts of a facet. */
interface CountedFacet {
  readonly values: CountedGroups;
  readonly missing: bigint;
}

export interface Facet extends TopGroups {
  readonly attribute: AttributeDefinition;
  readonly missing: bigint;
}

interface FacetRow {
  /** The index of the attribute. */
  readonly facet: number;
  /** Null for the entities that lack it. */
  readonly value: string | null;
  /** Decimal digits. */
  readonly entities: string;
}

/**
 * The most frequent values of several attributes among the selected entities. The conditions that are about a facet's attribute alone, of
 * those that must all hold, do not restrict that facet: it counts what else could be chosen. One scan answers all facets: each entity is
 * counted by those facets for which it meets the conditions on the others.
 */
export function facets(input: FacetsQuery): Question<readonly CountedFacet[], readonly Facet[]> {
  const { attributes, first, maxGroups } = input;
  const { common, own } = split(input);
  const selection = { ...input, filter: common };
  const parse = (rows: readonly FacetRow[]): CountedFacet[] =>
    attributes.map((attribute, index) => countedFacet(rows, index, attribute, maxGroups));
  return {
    name: 'facets',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: postgresForm(
      selection,
      (source, dialect) => ({
        columns: ['facet', 'value', 'entities'],
        body: postgresFacets(source, dialect, attributes, own, dialect.values.bind(maxGroups + 2, 'integer')),
      }),
      parse,
    ),
    clickhouse: {
      select: (copies) =>
        clickhouseSelect(copies, selection, (source, dialect) =>
          clickhouseFacets(source, dialect, attributes, own, dialect.parameters.bind(maxGroups + 2, 'UInt32')),
        ),
      parse,
    },
    merge: (parts) =>
      attributes.map((attribute, index) => {
        const counted = parts.flatMap((part) => part[index] ?? []);
        const missing = counted.reduce((sum, part) => sum + part.missing, 0n);
        const values = counted.map((part) => part.values);
        return { attribute, missing, ...topGroups(values, [attribute], first) };
      }),
  };
}

/** `own`: by attribute, what restricts the other facets only; null if nothing does. */
function split({ filter, attributes }: FacetsQuery): {
  readonly common: EntityFilter;
  readonly own: readonly (EntityFilter | null)[];
} {
  const parts = conjuncts(filter);
  const own = attributes.map((attribute) => {
    const filters = parts.filter((part) => isAbout(part, attribute));
    return filters.length === 0 ? null : ({ kind: 'and', filters } as const);
  });
  const filters = parts.filter((part) => !attributes.some((attribute) => isAbout(part, attribute)));
  return { common: { kind: 'and', filters }, own };
}

/** Whether the filter names the attribute, and nothing else. */
function isAbout(filter: EntityFilter, attribute: AttributeDefinition): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.filters.length > 0 && filter.filters.every((part) => isAbout(part, attribute));
    case 'not':
      return isAbout(filter.filter, attribute);
    case 'attribute':
    case 'exists':
    case 'elements':
      return filter.attribute.id === attribute.id;
    default:
      return false;
  }
}

/** By facet, the conditions on the entity that it fails if a condition on another facet's attribute does not hold. */
function misses(dialect: FilterDialect, own: readonly (EntityFilter | null)[]): readonly (string | null)[] {
  return own.map((filter) => (filter === null ? null : `(${dialect.not(filterSql(dialect, filter))})`));
}

function isCounted(missed: readonly (string | null)[], facet: number): string {
  const others = missed.filter((condition, index) => condition !== null && index !== facet);
  return others.length === 0 ? 'true' : `NOT (${others.join(' OR ')})`;
}

/** Reads the rows of attributes that are joined anyway, where a lookup of its own for each entity would take longer than all the rest. */
class JoinedRows extends PostgresDialect {
  readonly #source: PostgresSource;

  constructor({ values, tenant }: PostgresDialect, source: PostgresSource) {
    super(values, tenant);
    this.#source = source;
  }

  override hasRow(attribute: AttributeDefinition, condition: (value: string) => string): string {
    if (isListType(attribute.type)) return condition(`jsonb_array_length(e.attributes -> '${attribute.id}')::float8`);
    return condition(this.#source.value(attribute, 'optional'));
  }
}

/** @param limit one more than values are needed, since one row may be that of the entities without a value. */
function postgresFacets(
  source: PostgresSource,
  dialect: PostgresDialect,
  attributes: readonly AttributeDefinition[],
  own: readonly (EntityFilter | null)[],
  limit: string,
): string {
  const missed = misses(new JoinedRows(dialect, source), own);
  const names = missed.map((condition, index) => (condition === null ? null : `missed_${index}`));
  const values = attributes.map((attribute, index) => {
    if (isListType(attribute.type)) return `e.attributes -> '${attribute.id}' AS value_${index}`;
    const value = source.wholeValue(attribute, 'optional');
    return `${postgresText(attribute, value)} COLLATE "C" AS value_${index}`;
  });
  const columns = [
    ...values,
    ...missed.flatMap((condition, index) => (condition === null ? [] : `${condition} AS missed_${index}`)),
  ];
  const rows = attributes.map((attribute, index) =>
    isListType(attribute.type)
      ? `SELECT ${index}, ${postgresText(attribute, 'element')} COLLATE "C", ${isCounted(names, index)}
  FROM jsonb_array_elements_text(coalesce(value_${index}, '[null]')) l (element)`
      : `SELECT ${index}, value_${index}, ${isCounted(names, index)}`,
  );
  const counted = `SELECT facet, value, count(*) AS entities,
  row_number() OVER (PARTITION BY facet ORDER BY value IS NULL DESC, count(*) DESC) AS place
FROM (${source.select(columns.join(', '))}
OFFSET 0) s CROSS JOIN LATERAL (${rows.join(' UNION ALL ')}) f (facet, value, is_counted)
WHERE is_counted GROUP BY facet, value`;
  return `SELECT facet, value, entities FROM (${counted}) c WHERE place <= ${limit}`;
}

function clickhouseFacets(
  source: ClickHouseSource,
  dialect: ClickHouseDialect,
  attributes: readonly AttributeDefinition[],
  own: readonly (EntityFilter | null)[],
  limit: string,
): string {
  const missed = misses(dialect, own);
  const most = `ORDER BY facet, isNull(value) DESC, entities DESC LIMIT ${limit} BY facet`;
  if (!attributes.some(({ type }) => isListType(type))) {
    return clickhouseGroupingSets(source, attributes, missed, most);
  }
  const rows = attributes.map((attribute, index) => {
    const row = (value: string) => `(toUInt32(${index}), ${value}, toBool(${isCounted(missed, index)}))`;
    if (!isListType(attribute.type)) {
      return `[${row(`toNullable(${clickhouseText(attribute, source.wholeValue(attribute, 'optional'))})`)}]`;
    }
    const each = `arrayMap(element -> ${row('toNullable(element)')}, ${listElements(attribute.id)})`;
    return `if(mapContains(e.json_texts, ${attribute.id}), ${each}, [${row('CAST(NULL AS Nullable(String))')}])`;
  });
  return source.select(
    `(arrayJoin(arrayFilter(row -> row.3, arrayConcat(${rows.join(', ')}))) AS counted).1 AS facet, counted.2 AS value, count() AS entities`,
    `GROUP BY facet, value ${most}`,
  );
}

/** A row for each facet of an entity, as an array, takes four times as long. Of a set's other columns, the values mean nothing. */
function clickhouseGroupingSets(
  source: ClickHouseSource,
  attributes: readonly AttributeDefinition[],
  missed: readonly (string | null)[],
  most: string,
): string {
  const values = attributes.map(
    (attribute) => `toNullable(${clickhouseText(attribute, source.wholeValue(attribute, 'optional'))})`,
  );
  const names = missed.map((condition, index) => (condition === null ? null : `missed_${index}`));
  const counts = values.map((_, index) => {
    const condition = isCounted(names, index);
    return condition === 'true' ? 'count()' : `countIf(${condition})`;
  });
  const ofFacet = (each: readonly string[]) =>
    each.reduceRight((others, own, index) => `if(facet = ${index}, ${own}, ${others})`);
  // Each condition is written once, where its name comes first: the text of many would be too large.
  const entities = missed.reduce<string>(
    (text, condition, index) =>
      condition === null
        ? text
        : text.replace(new RegExp(`\\bmissed_${index}\\b`), (name) => `(${condition} AS ${name})`),
    ofFacet(counts),
  );
  const facet = values
    .map((_, index) => String(index))
    .reduceRight((others, own, index) => `if(grouping(${values[index]}) = 0, ${own}, ${others})`);
  return source.select(
    `toUInt32(${facet}) AS facet, ${ofFacet(values)} AS value, ${entities} AS entities`,
    `GROUP BY GROUPING SETS (${values.map((value) => `(${value})`).join(', ')}) HAVING entities > 0 ${most}`,
  );
}

/** A value as text, from which `valueText` makes the same on both engines. */
function postgresText({ type }: AttributeDefinition, value: string): string {
  if (type === 'NUMBER_LIST') return `(${value}::float8)::text`;
  if (type === 'NUMBER') return `(${value} + 0)::text`;
  if (type === 'BOOLEAN') return `(${value})::text`;
  return type === 'TIMESTAMP' ? `(extract(epoch FROM ${value}) * 1000)::bigint::text` : `(${value})`;
}

function clickhouseText({ type }: AttributeDefinition, value: string): string {
  if (type === 'NUMBER') return `toString(${value} + 0)`;
  return type === 'BOOLEAN' || type === 'TIMESTAMP' ? `toString(${value})` : value;
}

function countedFacet(
  rows: readonly FacetRow[],
  index: number,
  attribute: AttributeDefinition,
  maxGroups: number,
): CountedFacet {
  const own = rows.filter(({ facet }) => Number(facet) === index);
  const groups = own.flatMap(({ value, entities }) =>
    value === null
      ? []
      : [
          {
            group: [valueText(attribute, countedType(attribute.type) === 'NUMBER' ? Number(value) : value)],
            count: BigInt(entities),
          },
        ],
  );
  const missing = BigInt(own.find(({ value }) => value === null)?.entities ?? 0);
  return { values: { groups, othersAtMost: groups.length > maxGroups ? smallest(groups) : null }, missing };
}
