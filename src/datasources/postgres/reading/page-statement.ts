import type { EntityRecord } from '../../../domain/entity.ts';
import type { EntityOrder, Operand } from '../../../domain/filter/filter.ts';
import type { EntityPageQuery, PagePosition } from '../../../domain/filter/page-position.ts';
import { conjuncts } from '../../sql/filter-sql.ts';
import { BoundValues } from './bound-values.ts';
import type { EntityForm, EntityRow } from './entity-row.ts';
import { readPhases } from './page-phase.ts';
import { isPlain } from './phase-source.ts';
import { PostgresDialect } from './postgres-dialect.ts';
import type { PostgresStatement } from './postgres-form.ts';
import { watermarkedStatement } from './watermarked-statement.ts';

type SortValue = string | number | boolean | Date | null;

/** An entity with its sort values. */
export type PageRow = EntityRow & Readonly<Record<`key_${number}`, SortValue>>;

/**
 * The page in forward order, with its sort values as columns key_0, key_1, …
 *
 * A specimen: the active users by visits, descending, after visits 50 and id 5000. `status` is the hot column text_1,
 * `visits` the attribute 5 in entity_attribute; $1 is the tenant, $2 the rows to read. Shortened: the columns of the entity
 * are written `e.…`, the tenant conditions on a1 and the casts of the placeholders are left out.
 *
 *     WITH
 *     -- Phase `present`, from the attribute's index: 20 candidates for each row to read. See tied-order.ts.
 *     phase_0_start AS MATERIALIZED (
 *       SELECT a1.entity_id, a1.value_number FROM atlas.entity_attribute a1
 *       WHERE a1.attribute_id = $7 AND a1.value_number IS NOT NULL AND a1.value_number = $5 AND a1.entity_id > $6
 *       ORDER BY a1.entity_id ASC LIMIT ($2) * 20),
 *     phase_0_near AS MATERIALIZED (
 *       … AND a1.value_number < $5
 *       ORDER BY a1.value_number DESC, a1.entity_id DESC LIMIT ($2) * 20 - (SELECT count(*) FROM phase_0_start)),
 *     phase_0_ties AS MATERIALIZED (
 *       … AND a1.value_number = (SELECT value_number FROM phase_0_near ORDER BY value_number ASC LIMIT 1)
 *       ORDER BY a1.entity_id ASC LIMIT ($2) * 20 - (SELECT count(*) FROM phase_0_start)),
 *     phase_0_walked AS MATERIALIZED (
 *       SELECT e.…, a1.value_number AS key_0
 *       FROM (SELECT * FROM (
 *               SELECT * FROM phase_0_start
 *               UNION ALL SELECT * FROM phase_0_near WHERE value_number <> (SELECT … LIMIT 1)
 *               UNION ALL SELECT * FROM phase_0_ties) a1
 *             ORDER BY a1.value_number DESC, a1.entity_id ASC LIMIT ($2) * 20) a1
 *       CROSS JOIN LATERAL (SELECT e.* FROM atlas.entity e
 *             WHERE e.tenant_id = $1 AND e.type = $3 AND e.text_1 = $4 AND e.entity_id = a1.entity_id OFFSET 0) e
 *       ORDER BY a1.value_number DESC, a1.entity_id ASC LIMIT $2),
 *     -- All matches sorted, if the candidates did not fill the page.
 *     phase_0 AS MATERIALIZED (
 *       SELECT * FROM phase_0_walked WHERE (SELECT count(*) FROM phase_0_walked) = $2
 *       UNION ALL (
 *       SELECT e.…, a1.value_number AS key_0
 *       FROM atlas.entity e JOIN atlas.entity_attribute a1 ON a1.entity_id = e.entity_id AND a1.attribute_id = $7
 *         AND a1.value_number IS NOT NULL
 *       WHERE e.tenant_id = $1 AND e.type = $3 AND e.text_1 = $4 AND a1.value_number <= $5
 *         AND (a1.value_number < $5 OR a1.value_number = $5 AND e.entity_id > $6)
 *       ORDER BY a1.value_number DESC, e.entity_id ASC
 *       LIMIT CASE WHEN (SELECT count(*) FROM phase_0_walked) = $2 THEN 0 ELSE $2 END)),
 *     -- Phase `absent`: users without visits come last.
 *     phase_1 AS MATERIALIZED (
 *       SELECT e.…, NULL::float8 AS key_0 FROM atlas.entity e
 *       WHERE e.tenant_id = $1 AND e.type = $3 AND e.text_1 = $4 AND NOT e.attributes ? '5'
 *       ORDER BY e.entity_id ASC LIMIT $2 - (SELECT count(*) FROM phase_0))
 *     -- The watermark's row of `watermarkedStatement` comes here, then UNION ALL and:
 *     SELECT …, key_0 FROM phase_0 UNION ALL SELECT …, key_0 FROM phase_1
 *     ORDER BY key_0 DESC NULLS LAST, entity_id
 *
 * If not all attributes are asked for, the SELECTs at the end have an array of values in place of `attributes`: see EntityForm.
 *
 * A page of all entities, or of all of a type, keeps its plan if an index has its order: whatever the tenant, it is read from that. Others are planned for their
 * values: which index finds few depends on them. So are those of a type by a time, whose index has all types: of a rare one, those of the type are fewer. It makes
 * no difference where those with one value are read in the order of their ids, for which there is one index.
 */
export function pageStatement(query: EntityPageQuery, form: EntityForm): PostgresStatement {
  const values = new BoundValues();
  const dialect = new PostgresDialect(values, values.bind(query.tenantId, 'integer'));
  const { tables, names } = readPhases({ name: 'phase', query, dialect, limit: values.bind(query.limit, 'bigint') });
  const keys = query.order.map((_, index) => `key_${index}`);
  const selected = form.select(values);
  const text = watermarkedStatement({
    with: tables,
    columns: [...form.columns, ...keys],
    body: names.map((name) => `SELECT ${[...selected, ...keys].join(', ')} FROM ${name}`).join(' UNION ALL '),
    orderBy: [...query.order.map((by, index) => `key_${index} ${by.direction} NULLS LAST`), 'entity_id'].join(', '),
  });
  return { text, values: values.values, ...planOf(query) };
}

function planOf({ type, order: [by], filter }: EntityPageQuery): Pick<PostgresStatement, 'plan'> {
  const filters = conjuncts(filter);
  const isById = by === undefined || (by.kind === 'field' && by.field === 'id');
  const isByTime = by?.kind === 'field' && !isById;
  if (filters.length === 0) return { plan: type !== null && isByTime ? 'for values' : 'kept' };
  const isEqual = filters.some((one) => one.kind === 'attribute' && one.predicate.operator === 'eq');
  const isServedByOne = isById && type !== null && isEqual && isPlain(filter);
  return isServedByOne && filters.every(({ kind }) => kind !== 'elements') ? {} : { plan: 'for values' };
}

export function positionedEntity(
  row: PageRow,
  order: readonly EntityOrder[],
  form: EntityForm,
): { entity: EntityRecord; position: PagePosition } {
  const values = order.map((_, index) => operand(row[`key_${index}`] ?? null));
  return { entity: form.record(row), position: { values, id: row.entity_id } };
}

function operand(value: SortValue): Operand | null {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'number' ? value + 0 : value; // -0 becomes 0
}
