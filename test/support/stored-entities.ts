import type { PostgresDatabase } from '../../src/connections/postgres/postgres-database.ts';
import type { AttributeDefinition } from '../../src/domain/catalog/attribute.ts';
import { attributePlace } from '../../src/domain/catalog/attribute-place.ts';
import { isListType } from '../../src/domain/catalog/list-types.ts';
import { listForm } from '../../src/domain/values/indexed-form.ts';
import { indexedText } from '../../src/domain/values/indexed-text.ts';
import { canonicalJson, type JsonValue } from '../../src/lib/canonical-json.ts';

type Row = Record<string, unknown> & { entity_id: string; attributes: Record<string, JsonValue> };

/**
 * Everything stored about a tenant's attributes outside the jsonb, and what should be stored according to the jsonb. The two
 * must be equal, whatever was written in whatever order.
 */
export async function indexedValues(
  database: PostgresDatabase,
  tenantId: number,
  definitions: readonly AttributeDefinition[],
): Promise<{ stored: string[]; implied: string[] }> {
  const query = (text: string) => database.query<Row>({ text, values: [tenantId] });
  const entities = await query('SELECT * FROM atlas.entity WHERE tenant_id = $1');
  const rows = await query('SELECT * FROM atlas.entity_attribute WHERE tenant_id = $1');
  const stored: string[] = rows.map((row) =>
    line(row.entity_id, `${row.attribute_id}`, [
      row.value_text,
      row.value_number,
      row.value_boolean,
      row.value_timestamp,
      row.value_list,
    ]),
  );
  const implied: string[] = [];
  for (const row of await query('SELECT * FROM atlas.entity_element WHERE tenant_id = $1')) {
    stored.push(
      line(row.entity_id, `${row.attribute_id} element ${row.position}`, [
        row.value_text ?? row.value_number,
        row.is_first,
      ]),
    );
  }
  for (const entity of entities) {
    for (const definition of definitions) {
      const value = entity.attributes[definition.id];
      if (definition.hotColumn !== null)
        stored.push(line(entity.entity_id, definition.key, [entity[definition.hotColumn]]));
      if (definition.hotColumn !== null)
        implied.push(line(entity.entity_id, definition.key, [indexed(definition, value)]));
      else if (definition.filterable && value !== undefined) {
        const { column } = attributePlace(definition);
        const columns = ['value_text', 'value_number', 'value_boolean', 'value_timestamp'];
        if (isListType(definition.type))
          implied.push(...elementLines(entity.entity_id, definition, value as JsonValue[]));
        implied.push(
          line(entity.entity_id, `${definition.id}`, [
            ...columns.map((name) => (name === column ? indexed(definition, value) : null)),
            listForm(definition.type, value),
          ]),
        );
      }
    }
  }
  return { stored: stored.sort(), implied: implied.sort() };
}

function indexed(definition: AttributeDefinition, value: JsonValue | undefined): unknown {
  if (value === undefined) return null;
  if (definition.type === 'JSON') return indexedText(canonicalJson(value));
  if (isListType(definition.type)) return (value as JsonValue[]).length;
  return definition.type === 'TEXT' ? indexedText(String(value)) : value;
}

function elementLines(entityId: string, { id }: AttributeDefinition, list: readonly JsonValue[]): string[] {
  return list.map((element, index) =>
    line(entityId, `${id} element ${index + 1}`, [element, list.indexOf(element) === index]),
  );
}

function line(entityId: string, attribute: string, values: unknown[]): string {
  return `${entityId} ${attribute} ${JSON.stringify(values)}`;
}
