import type { Statement } from '../../../connections/postgres/postgres-database.ts';
import type { EntitySelection } from '../../../domain/filter/filter.ts';
import { BoundValues } from './bound-values.ts';
import { CHANGED_COLUMNS, type ChangedSince, changedEntities, IS_CHANGED } from './changed-entities.ts';
import { EntitySource } from './entity-source.ts';
import { PostgresDialect } from './postgres-dialect.ts';
import { type PostgresSelect, watermarkedStatement } from './watermarked-statement.ts';

/** A `watermarkedStatement` with its values. The reader decides on its name and tenant. */
export type PostgresStatement = Omit<Statement, 'name' | 'tenant'>;

/** What a question selects from Postgres, and how its part is read from the rows. */
export interface PostgresForm<Part> {
  select(): PostgresStatement;
  /**
   * The same of the entities that have changed since, and which those are; see changed-entities.ts. Absent if an answer cannot be merged from
   * parts of one shard.
   */
  selectChanged?(since: ChangedSince): PostgresStatement;
  /** @param rows as the driver returns the selected columns. The form must know their types. */
  parse(rows: readonly object[]): Part;
}

const statements = new WeakMap<PostgresForm<unknown>, PostgresStatement>();

/** The statement of a question, made once for all shards that are asked. */
export function statementOfShards<Part>(form: PostgresForm<Part>): PostgresStatement {
  let statement = statements.get(form);
  if (statement === undefined) {
    statement = form.select();
    statements.set(form, statement);
  }
  return statement;
}

type Build = (source: EntitySource, dialect: PostgresDialect) => PostgresSelect;

/** A form over the selected entities `e`. */
export function postgresForm<Part>(
  selection: EntitySelection,
  build: Build,
  parse: PostgresForm<Part>['parse'],
): PostgresForm<Part> {
  return {
    select: () => postgresSelect(selection, build),
    selectChanged: (since) => postgresSelect(selection, build, since),
    parse,
  };
}

/**
 * A statement over the selected entities `e`. One that joins attribute rows has a plan for any tenant. For the tenant at hand, one whose rows the server's
 * statistics do not know yet would be taken for a tenant without rows, and each of its attributes compared with each other one, row by row.
 *
 * @param since only those that have changed since.
 */
export function postgresSelect(selection: EntitySelection, build: Build, since?: ChangedSince): PostgresStatement {
  const values = new BoundValues();
  const dialect = new PostgresDialect(values, values.bind(selection.tenantId, 'integer'));
  const source = new EntitySource(dialect, selection);
  if (since !== undefined) source.where(IS_CHANGED);
  const select = build(source, dialect);
  const text = since === undefined ? watermarkedStatement(select) : changedStatement(select, since, dialect);
  return { text, values: values.values, ...(source.isJoined && { plan: 'kept' }) };
}

function changedStatement(select: PostgresSelect, since: ChangedSince, dialect: PostgresDialect): string {
  const common = [...changedEntities(since, dialect), ...(select.with ?? [])];
  return watermarkedStatement({ ...select, with: common }, CHANGED_COLUMNS);
}
