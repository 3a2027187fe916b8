import type { ClickHouseParameters } from '../../connections/clickhouse/clickhouse-database.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import { AttributeRows, type SettledPositions } from './attribute-rows.ts';
import { BoundParameters } from './bound-parameters.ts';
import { ClickHouseDialect } from './clickhouse-dialect.ts';
import { EntitySource } from './entity-source.ts';

export interface ClickHouseSelect {
  readonly text: string;
  readonly parameters: ClickHouseParameters;
}

/** What a question selects from ClickHouse, and how its part is read from the rows. */
export interface ClickHouseForm<Part> {
  /** One statement over the entities of these shards. */
  select(settled: SettledPositions): ClickHouseSelect;
  /** @param rows as the client returns the selected columns, 64-bit integers as digits. The form must know their types. */
  parse(rows: readonly object[]): Part;
}

/** A select over the selected entities `e`. */
export function clickhouseSelect(
  settled: SettledPositions,
  selection: EntitySelection,
  build: (source: EntitySource, dialect: ClickHouseDialect) => string,
): ClickHouseSelect {
  const parameters = new BoundParameters();
  const tenant = parameters.bind(selection.tenantId, 'UInt32');
  const dialect = new ClickHouseDialect(parameters, tenant, new AttributeRows(parameters, tenant, settled));
  const text = build(new EntitySource(dialect, [...settled.keys()], selection), dialect);
  return { text, parameters: parameters.values };
}
