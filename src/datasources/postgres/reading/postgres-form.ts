import type { Statement } from '../../../connections/postgres/postgres-database.ts';
import type { EntitySelection } from '../../../domain/filter/filter.ts';
import { BoundValues } from './bound-values.ts';
import { EntitySource } from './entity-source.ts';
import { PostgresDialect } from './postgres-dialect.ts';
import { type PostgresSelect, watermarkedStatement } from './watermarked-statement.ts';

/** A `watermarkedStatement` with its values. The reader decides on its name and tenant. */
export type PostgresStatement = Omit<Statement, 'name' | 'tenant'>;

/** What a question selects from Postgres, and how its part is read from the rows. */
export interface PostgresForm<Part> {
  select(): PostgresStatement;
  /** @param rows as the driver returns the selected columns. The form must know their types. */
  parse(rows: readonly object[]): Part;
}

/**
 * A statement over the selected entities `e`. One that joins attribute rows has a plan for any tenant. For the tenant at hand, one whose rows the server's
 * statistics do not know yet would be taken for a tenant without rows, and each of its attributes compared with each other one, row by row.
 */
export function postgresSelect(
  selection: EntitySelection,
  build: (source: EntitySource, dialect: PostgresDialect) => PostgresSelect,
): PostgresStatement {
  const values = new BoundValues();
  const dialect = new PostgresDialect(values, values.bind(selection.tenantId, 'integer'));
  const source = new EntitySource(dialect, selection);
  const text = watermarkedStatement(build(source, dialect));
  return { text, values: values.values, ...(source.isJoined && { keepsPlan: true }) };
}
