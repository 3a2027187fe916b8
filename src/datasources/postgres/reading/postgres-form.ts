import type { EntitySelection } from '../../../domain/filter/filter.ts';
import { BoundValues } from './bound-values.ts';
import { EntitySource } from './entity-source.ts';
import { PostgresDialect } from './postgres-dialect.ts';

/** What a question selects. The reader combines it with the shard's watermark into one statement. */
export interface PostgresSelect {
  /** Common table expressions that the body uses. */
  readonly with?: readonly string[];
  readonly columns: readonly string[];
  /** A SELECT that returns these columns. */
  readonly body: string;
  /** Refers to the columns. */
  readonly orderBy?: string;
  /** The values of the placeholders, in order. */
  readonly values: readonly unknown[];
}

/** What a question selects from Postgres, and how its part is read from the rows. */
export interface PostgresForm<Part> {
  select(): PostgresSelect;
  /** @param rows as the driver returns the selected columns. The form must know their types. */
  parse(rows: readonly object[]): Part;
}

/** A select over the selected entities `e`. */
export function postgresSelect(
  selection: EntitySelection,
  build: (source: EntitySource, dialect: PostgresDialect) => Omit<PostgresSelect, 'values'>,
): PostgresSelect {
  const values = new BoundValues();
  const dialect = new PostgresDialect(values, values.bind(selection.tenantId, 'integer'));
  const select = build(new EntitySource(dialect, selection), dialect);
  return { ...select, values: values.values };
}
