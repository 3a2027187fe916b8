import { type AttributeDefinition, type AttributeId, INDEXED_TEXT_LENGTH } from '../../domain/catalog/attribute.ts';
import { attributePlace } from '../../domain/catalog/attribute-place.ts';
import { isListType } from '../../domain/catalog/list-types.ts';
import type { BoundParameters } from './bound-parameters.ts';
import type { CopyConditions } from './read-copies.ts';

/**
 * The rows of one attribute in the state of the entity rows.
 *
 * A batch is not inserted into both tables at once, so a statement may see an attribute row that is newer than the entity row, or
 * older. Entities with a row that was committed at the watermark or later are unsettled: they take the value from their entity row.
 * All others have the same state in both tables, because the watermark was written after every row of the transactions before it.
 * The unsettled are about one batch. Copies that are known to be settled have none, and their attribute rows are all that is read.
 *
 * This requires one snapshot per table for the whole statement (see SETTINGS in entity-source.ts).
 */
export class AttributeRows {
  readonly #parameters: BoundParameters;
  readonly #tenant: string;
  readonly #copies: CopyConditions;
  #isUsed = false;

  constructor(parameters: BoundParameters, tenant: string, copies: CopyConditions) {
    this.#parameters = parameters;
    this.#tenant = tenant;
    this.#copies = copies;
  }

  /** The clause that a statement with these selects begins with; without one of them, nothing. */
  get common(): string {
    if (!this.#isUsed) return '';
    // Without FINAL, which hides the rows of removed values.
    const unsettled = `tenant_id = ${this.#tenant} AND ${this.#copies.isUnsettled}`;
    return `WITH unsettled_row AS (SELECT attribute_id, entity_id FROM entity_attribute WHERE ${unsettled}),
  unsettled_entity AS (SELECT entity_id FROM entity WHERE ${unsettled})
`;
  }

  /**
   * A select of `entity_id` and the indexed value, in the column of its place; of a list, of each `element`.
   * @param condition on the indexed value.
   */
  values(attribute: AttributeDefinition, condition = (value: string) => `${value} IS NOT NULL`): string {
    const { column } = attributePlace(attribute);
    const { rows, unsettled } = this.#sets(attribute);
    if (isListType(attribute.type)) {
      const each = (elements: string) =>
        `toNullable(${attribute.type === 'NUMBER_LIST' ? `toFloat64(arrayJoin(${elements}))` : `arrayJoin(${elements})`})`;
      const settled = `SELECT entity_id, ${each(elementsIn(LIST_TEXT))} AS element FROM ${rows}`;
      if (unsettled === null) return settled;
      return `${settled} AND entity_id NOT IN (${unsettled})
  UNION ALL SELECT e.entity_id, ${each(listElements(attribute.id))} AS element FROM ${this.#entities(unsettled)}`;
    }
    const settled = `SELECT entity_id, ${column} FROM ${rows} AND ${condition(column)}`;
    if (unsettled === null) return settled;
    const value = indexedValue(attribute);
    return `${settled} AND entity_id NOT IN (${unsettled})
  UNION ALL SELECT e.entity_id, ${value} AS ${column} FROM ${this.#entities(unsettled)} AND ${condition(value)}`;
  }

  /** A select of `entity_id`. @param condition on the indexed value. */
  having(attribute: AttributeDefinition, condition: (value: string) => string): string {
    const { column } = attributePlace(attribute);
    const { rows, unsettled } = this.#sets(attribute);
    if (unsettled === null) return `SELECT entity_id FROM ${rows} AND ${condition(column)}`;
    return `SELECT entity_id FROM ${rows} AND ${condition(column)} AND entity_id NOT IN (${unsettled})
  UNION ALL SELECT e.entity_id FROM ${this.#entities(unsettled)} AND ${condition(indexedValue(attribute))}`;
  }

  /** A select of `entity_id`. @param condition on the elements of a list, an array of texts. */
  havingElements(attribute: AttributeDefinition, condition: (elements: string) => string): string {
    const { rows, unsettled } = this.#sets(attribute);
    const settled = `SELECT entity_id FROM ${rows} AND ${condition(elementsIn(LIST_TEXT))}`;
    if (unsettled === null) return settled;
    return `${settled} AND entity_id NOT IN (${unsettled})
  UNION ALL SELECT e.entity_id FROM ${this.#entities(unsettled)} AND ${condition(listElements(attribute.id))}`;
  }

  /** A select of `entity_id` and `whole`, the whole value, for every entity whose indexed value may be cut. They are few or none. */
  cut(attribute: AttributeDefinition, whole: string): string {
    const { kind, column } = attributePlace(attribute);
    // How many bytes a text has is known without reading it.
    const isLong = `length(${column}) >= ${INDEXED_TEXT_LENGTH} AND lengthUTF8(${column}) = ${INDEXED_TEXT_LENGTH}`;
    const condition = `${this.#copies.isRead()} AND ${isLong}`;
    // Without FINAL: a row that is not current only brings an entity too many, whose value is whole all the same.
    const ids =
      kind === 'column'
        ? `SELECT entity_id FROM entity WHERE tenant_id = ${this.#tenant} AND ${condition}`
        : `SELECT entity_id FROM entity_attribute WHERE ${this.#key(attribute)} AND ${condition}${this.#orUnsettled(attribute)}`;
    return `SELECT e.entity_id, toNullable(${whole}) AS whole FROM ${this.#entities(ids)}`;
  }

  /** A select of `entity_id`: at least the entities for which the condition holds for an indexed value, in rows, of one of the attributes. */
  mayHave(attributes: readonly AttributeDefinition[], condition: (value: string) => string): string {
    const ids = this.#parameters.bindList(
      attributes.map(({ id }) => id),
      'UInt32',
    );
    const [column = 'value_text'] = attributes.map((attribute) => attributePlace(attribute).column);
    // Without FINAL: a row that is not current only brings an entity too many.
    const rows = `SELECT entity_id FROM entity_attribute WHERE tenant_id = ${this.#tenant} AND attribute_id IN ${ids}
    AND ${this.#copies.isRead()} AND ${condition(column)}`;
    if (this.#copies.areSettled) return rows;
    this.#isUsed = true;
    return `${rows}
  UNION ALL SELECT entity_id FROM unsettled_row WHERE attribute_id IN ${ids}
  UNION ALL SELECT entity_id FROM unsettled_entity`;
  }

  #key({ id }: AttributeDefinition): string {
    return `tenant_id = ${this.#tenant} AND attribute_id = ${this.#parameters.bind(id, 'UInt32')}`;
  }

  /** The current rows of an attribute, and the ids of the entities whose value is not taken from there; null: of all of them, it is. */
  #sets(attribute: AttributeDefinition): { readonly rows: string; readonly unsettled: string | null } {
    const key = this.#key(attribute);
    const rows = `entity_attribute FINAL WHERE ${key} AND ${this.#copies.isRead()} AND ${attributePlace(attribute).column} IS NOT NULL`;
    return { rows, unsettled: this.#copies.areSettled ? null : this.#unsettled(attribute) };
  }

  #orUnsettled(attribute: AttributeDefinition): string {
    return this.#copies.areSettled ? '' : `\n    UNION ALL ${this.#unsettled(attribute)}`;
  }

  #unsettled({ id }: AttributeDefinition): string {
    this.#isUsed = true;
    return `SELECT entity_id FROM unsettled_row WHERE attribute_id = ${this.#parameters.bind(id, 'UInt32')}
    UNION ALL SELECT entity_id FROM unsettled_entity`;
  }

  #entities(ids: string): string {
    return `entity AS e FINAL WHERE e.tenant_id = ${this.#tenant} AND ${this.#copies.isRead('e.copy_id')} AND e.entity_id IN (${ids})`;
  }
}

/** The indexed form of an attribute's value, from its entity row `e`; null if it has none. See indexed-form.ts. */
function indexedValue({ id, type }: AttributeDefinition): string {
  const extracted = (as: string) => `JSONExtract(e.attributes, '${id}', 'Nullable(${as})')`;
  switch (type) {
    case 'TEXT':
      return `substringUTF8(${extracted('String')}, 1, ${INDEXED_TEXT_LENGTH})`;
    case 'NUMBER':
      return numberValue(id);
    case 'BOOLEAN':
      return extracted('Bool');
    case 'REFERENCE':
      return extracted('String');
    case 'TIMESTAMP':
      return `toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(${extracted('String')}, 3, 'UTC'))`;
    case 'TEXT_LIST':
    case 'NUMBER_LIST':
      return `if(mapContains(e.json_texts, ${id}), toFloat64(length(${listElements(id)})), NULL)`;
    case 'JSON':
      return `if(mapContains(e.json_texts, ${id}), substringUTF8(${jsonText(id)}, 1, ${INDEXED_TEXT_LENGTH}), NULL)`;
  }
}

/** The elements of a list in an entity row `e`; without the list, none. */
export function listElements(id: AttributeId): string {
  return elementsIn(jsonText(id));
}

/** A list in the row of its attribute. */
const LIST_TEXT = 'assumeNotNull(value_text)';

/** The elements of a list in canonical JSON, an array of texts; numbers as JSON has them, since the engine would round their last digits. */
function elementsIn(list: string): string {
  return `multiIf(length(${list}) <= 2, [], startsWith(${list}, '["'), JSONExtract(${list}, 'Array(String)'),
    splitByChar(',', substring(${list}, 2, length(${list}) - 2)))`;
}

/** The whole canonical text of a JSON attribute, or a list, in an entity row `e`. */
export function jsonText(id: AttributeId): string {
  return `e.json_texts[${id}]`;
}

/**
 * JSONExtract rounds the last digits of a number differently than Postgres, so the number is read from the text of the attributes,
 * where the same key may occur in nested objects, too. Those before it are the ones in the members before it, in the order of the
 * text. A quote within a text is escaped, so it cannot begin a key.
 */
function numberValue(id: AttributeId): string {
  const texts = (json: string) => `extractAll(${json}, '[{, ]"${id}": ?(-?[0-9][-+.0-9eE]*)')`;
  const members = 'JSONExtractKeysAndValuesRaw(e.attributes)';
  const before = `arraySlice(${members}, 1, arrayFirstIndex(member -> member.1 = '${id}', ${members}) - 1)`;
  const nested = `arraySum(member -> length(${texts('member.2')}), ${before})`;
  const place = `if(length(${texts('e.attributes')}) = 1, 1, ${nested} + 1)`;
  return `if(JSONHas(e.attributes, '${id}'), toFloat64OrNull(${texts('e.attributes')}[${place}]), NULL)`;
}
