import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import { attributePlace } from '../../domain/catalog/attribute-place.ts';
import type { EntityProjection } from '../../domain/entity-projection.ts';
import { MATCH_ALL } from '../../domain/filter/filter.ts';
import type { EntityId, TenantId } from '../../domain/identifiers.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import {
  ENTITY_COLUMNS as CLICKHOUSE_COLUMNS,
  type EntityRow as ClickHouseRow,
  entityRecord as clickhouseRecord,
} from '../clickhouse/entity-row.ts';
import { BoundValues } from '../postgres/reading/bound-values.ts';
import {
  EntityForm,
  ENTITY_COLUMNS as POSTGRES_COLUMNS,
  type EntityRow as PostgresRow,
} from '../postgres/reading/entity-row.ts';
import { PostgresDialect } from '../postgres/reading/postgres-dialect.ts';
import type { PostgresStatement } from '../postgres/reading/postgres-form.ts';
import { watermarkedStatement } from '../postgres/reading/watermarked-statement.ts';
import { type EntityRows, mergePages, type PositionedEntity, positioned } from './entity-page.ts';
import type { Question } from './question.ts';

export interface ReferencingQuery {
  readonly tenantId: TenantId;
  /** A REFERENCE that can be filtered by. */
  readonly attribute: AttributeDefinition;
  readonly targets: readonly EntityId[];
  /** The most entities of each page. */
  readonly limit: number;
  /** What is needed of their attributes; undefined: all of them. */
  readonly projection?: EntityProjection | undefined;
}

/** By target, in the order of ids. Nothing refers to those that are left out. */
type Pages<Page> = ReadonlyMap<EntityId, Page>;
type Part = Pages<readonly PositionedEntity[]>;
type WithTarget<Row> = Row & { readonly target: EntityId };

/** Of each target, the first of the entities that refer to it: what `entityPage` finds for each, in one statement. */
export function referencingPages(input: ReferencingQuery): Question<Part, Pages<EntityRows>> {
  const form = new EntityForm(input.projection);
  const { tenantId, attribute, targets, limit } = input;
  return {
    name: 'referencingPages',
    input,
    tenantId,
    shard: null,
    postgres: {
      select: () => postgresStatement(input, form),
      parse: (rows: readonly WithTarget<PostgresRow>[]) => pagesOf(rows, (row) => form.record(row)),
    },
    clickhouse: {
      select(copies) {
        const all = { tenantId, type: null, filter: MATCH_ALL };
        return clickhouseSelect(copies, all, (source, dialect) => {
          // All that refers to the targets is sorted, so it has two columns; the others are read of the pages alone.
          const referring = source.other(all);
          const target = referring.valueWhere(attribute, (value) => dialect.isOneOf(value, targets, 'REFERENCE'));
          const most = dialect.parameters.bind(BigInt(limit) + 1n, 'UInt64');
          const ids = referring.subquery(
            `e.entity_id AS id, ${target} AS target`,
            `ORDER BY target, id LIMIT ${most} BY target`,
          );
          source.where(`e.entity_id IN (SELECT id FROM (${ids}))`);
          return source.select(`${CLICKHOUSE_COLUMNS}, ${dialect.wholeValue(attribute)} AS target`, 'ORDER BY id');
        });
      },
      parse: (rows: readonly WithTarget<ClickHouseRow>[]) => pagesOf(rows, clickhouseRecord),
    },
    merge(parts) {
      const found = new Set(parts.flatMap((part) => [...part.keys()]));
      const page = { ...FIRST_PAGE, limit };
      return new Map(
        Array.from(found, (target) => [
          target,
          mergePages(
            page,
            parts.map((part) => part.get(target) ?? []),
          ),
        ]),
      );
    },
    entitiesPerPart(pages, parts) {
      const kept = new Set([...pages.values()].flatMap(({ rows }) => rows));
      return parts.map((part) => [...part.values()].flat().filter((row) => kept.has(row)).length);
    },
  };
}

const FIRST_PAGE = { order: [], direction: 'FORWARD' } as const;

function pagesOf<Row extends { readonly target: EntityId }>(
  rows: readonly Row[],
  record: (row: Row) => PositionedEntity['entity'],
): Part {
  const pages = new Map<EntityId, PositionedEntity[]>();
  for (const row of rows) {
    const entity = positioned(record(row), []);
    const page = pages.get(row.target);
    if (page === undefined) pages.set(row.target, [entity]);
    else page.push(entity);
  }
  return pages;
}

/**
 * For each target, its rows of the attribute's index, in the order of ids, until the page is full. OFFSET 0 keeps the planner from making a join of
 * that, which would read everything that refers to any of them.
 */
function postgresStatement(
  { tenantId, attribute, targets, limit }: ReferencingQuery,
  form: EntityForm,
): PostgresStatement {
  const values = new BoundValues();
  const dialect = new PostgresDialect(values, values.bind(tenantId, 'integer'));
  const rows = [...dialect.rowConditions(attribute, 'r'), `r.${attributePlace(attribute).column} = t.target`];
  const pages = `pages AS MATERIALIZED (
  SELECT t.target, p.* FROM unnest(${values.bind(targets, 'text[]')}) AS t (target)
  CROSS JOIN LATERAL (
    SELECT e.* FROM atlas.entity_attribute r
    CROSS JOIN LATERAL (SELECT ${POSTGRES_COLUMNS.map((column) => `e.${column}`).join(', ')} FROM atlas.entity e WHERE e.tenant_id = ${dialect.tenant} AND e.entity_id = r.entity_id OFFSET 0) e
    WHERE ${rows.join(' AND ')}
    ORDER BY r.entity_id LIMIT ${values.bind(limit + 1, 'bigint')}
  ) p
)`;
  const text = watermarkedStatement({
    with: [pages],
    columns: [...form.columns, 'target'],
    body: `SELECT ${form.select(values).join(', ')}, target FROM pages`,
    orderBy: 'target, entity_id',
  });
  return { text, values: values.values };
}
