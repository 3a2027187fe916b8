import type { ClickHouseParameters } from '../../connections/clickhouse/clickhouse-database.ts';
import type { AttributeId } from '../../domain/catalog/attribute.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import { AttributeRows } from './attribute-rows.ts';
import { BoundParameters } from './bound-parameters.ts';
import { ClickHouseDialect } from './clickhouse-dialect.ts';
import { EntitySource } from './entity-source.ts';
import { CopyConditions, type ReadCopies } from './read-copies.ts';

export interface ClickHouseSelect {
  readonly text: string;
  readonly parameters: ClickHouseParameters;
  /** The attributes whose texts are taken for whole; none unless given. */
  readonly takenForWhole?: readonly AttributeId[];
}

/** What a question selects from ClickHouse, and how its part is read from the rows. */
export interface ClickHouseForm<Part> {
  /** One statement over the entities in these copies. */
  select(copies: ReadCopies): ClickHouseSelect;
  /** @param rows as the client returns the selected columns, 64-bit integers as digits. The form must know their types. */
  parse(rows: readonly object[]): Part;
}

/** A select over the selected entities `e`. */
export function clickhouseSelect(
  copies: ReadCopies,
  selection: EntitySelection,
  build: (source: EntitySource, dialect: ClickHouseDialect) => string,
): ClickHouseSelect {
  const parameters = new BoundParameters();
  const tenant = parameters.bind(selection.tenantId, 'UInt32');
  const conditions = new CopyConditions(copies, parameters);
  const dialect = new ClickHouseDialect(parameters, tenant, new AttributeRows(parameters, tenant, conditions));
  const source = new EntitySource(dialect, conditions, selection);
  const text = build(source, dialect);
  return { text, parameters: parameters.values, takenForWhole: source.takenForWhole };
}
