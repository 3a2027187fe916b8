import type { PostgresSession } from '../../../src/connections/postgres/postgres-database.ts';
import type { AttributeDefinition } from '../../../src/domain/catalog/attribute.ts';
import { isListType } from '../../../src/domain/catalog/list-types.ts';
import { listForm } from '../../../src/domain/values/indexed-form.ts';
import { CATALOG, FILTERABLE_KEYS } from './sample-catalog.ts';
import { indexedValue, type SampleEntity } from './sample-entity.ts';

const VALUE_COLUMNS = {
  TEXT: 'value_text',
  NUMBER: 'value_number',
  BOOLEAN: 'value_boolean',
  TIMESTAMP: 'value_timestamp',
};

/** Replaces all entities by these, as a writer would store them. */
export async function fillPostgres(session: PostgresSession, entities: readonly SampleEntity[]): Promise<void> {
  const run = (text: string, rows: readonly object[] = []) =>
    session.query({ text, values: rows.length === 0 ? [] : [JSON.stringify(rows)] });
  await run('TRUNCATE atlas.entity, atlas.entity_attribute');
  if (entities.length === 0) return;
  const { rows, attributeRows } = storedRows(entities, (moment) => new Date(moment).toISOString());
  await run(
    'INSERT INTO atlas.entity SELECT (jsonb_populate_record(NULL::atlas.entity, r)).* FROM jsonb_array_elements($1::jsonb) r',
    rows,
  );
  if (attributeRows.length === 0) return;
  await run(
    `INSERT INTO atlas.entity_attribute
     SELECT (jsonb_populate_record(NULL::atlas.entity_attribute, r)).* FROM jsonb_array_elements($1::jsonb) r`,
    attributeRows,
  );
}

/** Rows of the two tables, whose columns have the same names in both engines. */
export function storedRows(entities: readonly SampleEntity[], timestamp: (moment: number) => unknown) {
  const attributeRows: Record<string, unknown>[] = [];
  const rows = entities.map(({ tenantId, record }) => {
    const keys = { tenant_id: tenantId, entity_id: record.id };
    const row: Record<string, unknown> = {
      ...keys,
      type: record.type,
      version: String(record.version),
      created_at: timestamp(record.createdAt.getTime()),
      updated_at: timestamp(record.updatedAt.getTime()),
      attributes: record.attributes,
      attribute_updated_at: record.attributeUpdatedAt,
    };
    for (const key of FILTERABLE_KEYS) {
      const attribute = CATALOG[key];
      const value = indexedValue(record, attribute);
      if (value === null) continue;
      const stored = attribute.type === 'TIMESTAMP' ? timestamp(Number(value)) : value;
      if (attribute.hotColumn !== null) row[attribute.hotColumn] = stored;
      else {
        const list = listForm(attribute.type, record.attributes[attribute.id] ?? null);
        const row = { ...keys, attribute_id: attribute.id, [valueColumn(attribute)]: stored };
        attributeRows.push(isListType(attribute.type) ? { ...row, value_list: list } : row);
      }
    }
    return row;
  });
  return { rows, attributeRows };
}

function valueColumn({ type }: AttributeDefinition): string {
  if (isListType(type)) return VALUE_COLUMNS.NUMBER;
  return VALUE_COLUMNS[type === 'JSON' || type === 'REFERENCE' ? 'TEXT' : type];
}
