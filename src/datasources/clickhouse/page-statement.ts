import { indexedType } from '../../domain/catalog/attribute-place.ts';
import type { EntityRecord } from '../../domain/entity.ts';
import type { EntityOrder, Operand } from '../../domain/filter/filter.ts';
import type { EntityPageQuery, PagePosition } from '../../domain/filter/page-position.ts';
import { FIELD_COLUMNS } from '../sql/filter-sql.ts';
import { keysetSql, orderBySql, type SortKey } from '../sql/keyset-sql.ts';
import type { ClickHouseDialect } from './clickhouse-dialect.ts';
import { type ClickHouseSelect, clickhouseSelect } from './clickhouse-form.ts';
import { ENTITY_COLUMNS, type EntityRow, entityRecord } from './entity-row.ts';
import type { EntitySource } from './entity-source.ts';
import type { ReadCopies } from './read-copies.ts';

/** 64-bit integers are digits. */
type SortValue = string | number | boolean | null;

/** An entity with its sort values. */
export type PageRow = EntityRow & Readonly<Record<`key_${number}`, SortValue>>;

/** The page in the order of reading, with its sort values as columns key_0, key_1, … */
export function pageStatement(copies: ReadCopies, query: EntityPageQuery): ClickHouseSelect {
  return clickhouseSelect(copies, query, (source, dialect) => {
    const keys = query.order.map((by) => sortKey(by, source, dialect));
    const sorted = [...keys, idKey(dialect)];
    if (query.from !== null) {
      source.where(keysetSql(sorted, [...query.from.values, query.from.id], query.direction));
    }
    const columns = [ENTITY_COLUMNS, ...keys.map((key, index) => `${key.expression} AS key_${index}`)];
    const limit = dialect.parameters.bind(query.limit, 'UInt64');
    return source.select(columns.join(', '), `ORDER BY ${orderBySql(sorted, query.direction)} LIMIT ${limit}`);
  });
}

export function positionedEntity(
  row: PageRow,
  order: readonly EntityOrder[],
): { entity: EntityRecord; position: PagePosition } {
  const values = order.map((by, index) => positionValue(by, row[`key_${index}`] ?? null));
  return { entity: entityRecord(row), position: { values, id: row.id } };
}

function sortKey(by: EntityOrder, source: EntitySource, dialect: ClickHouseDialect): SortKey {
  const { direction } = by;
  if (by.kind === 'field') {
    if (by.field === 'id') return { ...idKey(dialect), direction };
    const bind = (value: Operand) => dialect.bind(value, 'TIMESTAMP');
    return { expression: FIELD_COLUMNS[by.field], direction, nullable: false, bind };
  }
  return {
    expression: source.value(by.attribute, 'optional'),
    direction,
    nullable: true,
    bind: (value) => dialect.bind(value, indexedType(by.attribute)),
  };
}

function idKey(dialect: ClickHouseDialect): SortKey {
  const bind = (value: Operand) => dialect.parameters.bind(BigInt(value), 'UInt64');
  return { expression: 'e.entity_id', direction: 'ASC', nullable: false, bind };
}

function positionValue(by: EntityOrder, value: SortValue): Operand | null {
  if (value === null) return null;
  const isNumeric =
    by.kind === 'field' ? by.field !== 'id' : by.attribute.type === 'NUMBER' || by.attribute.type === 'TIMESTAMP';
  return isNumeric ? Number(value) + 0 : value; // -0 becomes 0
}
