import { indexedType } from '../../domain/catalog/attribute-place.ts';
import type { EntityOrder, Operand } from '../../domain/filter/filter.ts';
import type { EntityPageQuery } from '../entity-reader.ts';
import { keysetSql, orderBySql, type SortKey } from '../sql/keyset-sql.ts';
import type { ClickHouseDialect } from './clickhouse-dialect.ts';
import { ENTITY_COLUMNS } from './entity-row.ts';
import type { EntitySource } from './entity-source.ts';

const FIELD_COLUMNS = { createdAt: 'e.created_at', updatedAt: 'e.updated_at' } as const;

/** The page in the order of reading, with its sort values as columns key_0, key_1, … */
export function pageStatement(query: EntityPageQuery, source: EntitySource, dialect: ClickHouseDialect): string {
  const keys = query.order.map((by) => sortKey(by, source, dialect));
  const sorted = [...keys, idKey(dialect)];
  if (query.from !== null) {
    source.where(keysetSql(sorted, [...query.from.values, query.from.id], query.direction));
  }
  const columns = [ENTITY_COLUMNS, ...keys.map((key, index) => `${key.expression} AS key_${index}`)];
  const limit = dialect.parameters.bind(query.limit, 'UInt64');
  return source.select(columns.join(', '), `ORDER BY ${orderBySql(sorted, query.direction)} LIMIT ${limit}`);
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
