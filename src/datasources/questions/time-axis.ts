import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import type { EntitySelection } from '../../domain/filter/filter.ts';
import type { ClickHouseDialect } from '../clickhouse/clickhouse-dialect.ts';
import type { EntitySource as ClickHouseSource } from '../clickhouse/entity-source.ts';
import type { EntitySource as PostgresSource } from '../postgres/reading/entity-source.ts';
import type { PostgresDialect } from '../postgres/reading/postgres-dialect.ts';
import { FIELD_COLUMNS } from '../sql/filter-sql.ts';

/** What places entities in time: a timestamp attribute, or a moment of the entity itself. */
export type TimeAxis =
  | { readonly kind: 'attribute'; readonly attribute: AttributeDefinition }
  | { readonly kind: 'field'; readonly field: keyof typeof FIELD_COLUMNS };

/** The selected entities that have a time, within limits, and a value of an attribute. */
export interface TimedSelection extends EntitySelection {
  readonly axis: TimeAxis;
  /** What the entities must have; null: nothing else. */
  readonly attribute: AttributeDefinition | null;
  /** Milliseconds since the epoch, inclusive; null: from the first. */
  readonly from: number | null;
  /** Exclusive. */
  readonly to: number | null;
}

const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** A moment as Postgres reads it, whatever its year; no timestamp attribute is outside of the years from 1 to 9999. */
export function postgresMoment(moment: number): string {
  if (moment < EARLIEST) return '-infinity';
  return moment > LATEST ? 'infinity' : new Date(moment).toISOString();
}

/** The time of an entity; leaves out those that the selection does not include. */
export function postgresTime(source: PostgresSource, { values }: PostgresDialect, selected: TimedSelection): string {
  const { axis, attribute, from, to } = selected;
  const time = axis.kind === 'field' ? FIELD_COLUMNS[axis.field] : source.value(axis.attribute, 'required');
  if (attribute !== null) source.value(attribute, 'required');
  if (from !== null) source.where(`${time} >= ${values.bind(postgresMoment(from), 'timestamptz')}`);
  if (to !== null) source.where(`${time} < ${values.bind(postgresMoment(to), 'timestamptz')}`);
  return time;
}

/** In milliseconds since the epoch. */
export function clickhouseTime(
  source: ClickHouseSource,
  { parameters }: ClickHouseDialect,
  selected: TimedSelection,
): string {
  const { axis, attribute, from, to } = selected;
  const time = axis.kind === 'field' ? FIELD_COLUMNS[axis.field] : source.value(axis.attribute, 'required');
  if (attribute !== null) source.value(attribute, 'required');
  if (from !== null) source.where(`${time} >= ${parameters.bindOperand(from, 'TIMESTAMP')}`);
  if (to !== null) source.where(`${time} < ${parameters.bindOperand(to, 'TIMESTAMP')}`);
  return `assumeNotNull(${time})`;
}
