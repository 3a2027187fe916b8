import { type AttributeDefinition, INDEXED_TEXT_LENGTH } from '../../domain/catalog/attribute.ts';
import { attributePlace } from '../../domain/catalog/attribute-place.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import type { BoundParameters } from './bound-parameters.ts';

/** By shard, the position of the watermark that was read before the data. 0 if it is not known. */
export type SettledPositions = ReadonlyMap<ShardId, bigint>;

/**
 * The rows of one attribute in the state of the entity rows.
 *
 * A batch is not inserted into both tables at once, so a statement may see an attribute row that is newer than the entity row, or
 * older. Entities with a row after the watermark are unsettled: they take the value from the attributes of the entity row. All
 * others have the same state in both tables, except those of a transaction that was open when the watermark was written: see ADR 7.
 * The unsettled are about one batch.
 *
 * This requires one snapshot per table for the whole statement (see SETTINGS in entity-source.ts).
 */
export class AttributeRows {
  readonly #parameters: BoundParameters;
  readonly #tenant: string;
  readonly #settled: SettledPositions;
  #isUnsettled: string | null = null;

  constructor(parameters: BoundParameters, tenant: string, settled: SettledPositions) {
    this.#parameters = parameters;
    this.#tenant = tenant;
    this.#settled = settled;
  }

  /** A select of `entity_id` and the indexed value, in the column of its place. */
  values(attribute: AttributeDefinition): string {
    const { column } = attributePlace(attribute);
    const { rows, unsettled } = this.#sets(attribute);
    const settled = `SELECT entity_id, ${column} FROM ${rows} AND entity_id NOT IN (${unsettled})`;
    if (attribute.type === 'JSON') return `${settled} UNION ALL ${this.#earlierRows(attribute, unsettled)}`;
    const value = indexedValue(attribute);
    return `${settled} UNION ALL SELECT e.entity_id, ${value} AS ${column}
  FROM ${this.#entities(unsettled)} AND ${value} IS NOT NULL`;
  }

  /**
   * A select of `entity_id`.
   * @param condition on the indexed value.
   * @param whole the same condition on the attributes of an entity row `e`.
   */
  having(attribute: AttributeDefinition, condition: (value: string) => string, whole: string | null): string {
    const { rows, unsettled } = this.#sets(attribute);
    const { column } = attributePlace(attribute);
    return `SELECT entity_id FROM ${rows} AND ${condition(column)} AND entity_id NOT IN (${unsettled})
  UNION ALL SELECT e.entity_id FROM ${this.#entities(unsettled)} AND ${whole ?? condition(indexedValue(attribute))}`;
  }

  #sets(attribute: AttributeDefinition): { readonly rows: string; readonly unsettled: string } {
    this.#isUnsettled ??= this.#afterWatermark();
    const id = this.#parameters.bind(attribute.id, 'UInt32');
    const key = `tenant_id = ${this.#tenant} AND attribute_id = ${id}`;
    return {
      rows: `entity_attribute FINAL WHERE ${key} AND ${attributePlace(attribute).column} IS NOT NULL`,
      // Without FINAL, which hides the rows of removed values.
      unsettled: `SELECT entity_id FROM entity_attribute WHERE ${key} AND ${this.#isUnsettled}
    UNION ALL SELECT entity_id FROM entity WHERE tenant_id = ${this.#tenant} AND ${this.#isUnsettled}`,
    };
  }

  #afterWatermark(): string {
    const [first, ...others] = [...this.#settled.values()];
    if (first !== undefined && others.length === 0) return `lsn > ${this.#parameters.bind(first, 'UInt64')}`;
    const shards = this.#parameters.bindList([...this.#settled.keys()], 'String');
    const positions = this.#parameters.bindList([...this.#settled.values()], 'UInt64');
    return `lsn > transform(toString(shard), ${shards}, ${positions}, toUInt64(0))`;
  }

  #entities(ids: string): string {
    return `entity AS e FINAL WHERE e.tenant_id = ${this.#tenant} AND e.entity_id IN (${ids})`;
  }

  /**
   * SQL cannot write canonical JSON, so the value is that of the newest attribute row that is not newer than the entity row. It is
   * missing if it has been merged with a row that is newer.
   */
  #earlierRows({ id }: AttributeDefinition, unsettled: string): string {
    return `SELECT a.entity_id, argMax(a.value_text, a.lsn) AS value_text FROM entity_attribute AS a
  INNER JOIN (SELECT e.entity_id AS entity_id, e.lsn AS lsn FROM ${this.#entities(unsettled)}) AS v ON v.entity_id = a.entity_id
  WHERE a.tenant_id = ${this.#tenant} AND a.attribute_id = ${this.#parameters.bind(id, 'UInt32')} AND a.lsn <= v.lsn
  GROUP BY a.entity_id HAVING argMax(a.is_deleted, a.lsn) = 0`;
  }
}

/** The indexed form of a value in the attributes of an entity row `e`; null if it has none. See indexed-form.ts. */
function indexedValue({ id, type }: AttributeDefinition): string {
  const extracted = (as: string) => `JSONExtract(e.attributes, '${id}', 'Nullable(${as})')`;
  switch (type) {
    case 'TEXT':
      return `substringUTF8(${extracted('String')}, 1, ${INDEXED_TEXT_LENGTH})`;
    case 'NUMBER':
      return numberValue(id, extracted('Float64'));
    case 'BOOLEAN':
      return extracted('Bool');
    case 'TIMESTAMP':
      return `toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(${extracted('String')}, 3, 'UTC'))`;
    case 'JSON':
      return `if(JSONHas(e.attributes, '${id}'), JSONExtractRaw(e.attributes, '${id}'), NULL)`;
  }
}

/**
 * JSONExtract rounds the last digits of a number differently than Postgres, so it only tells which of the numbers with this key,
 * nested ones included, is the one. A quote within a text is escaped, so it cannot begin a key.
 */
function numberValue(id: number, rounded: string): string {
  const texts = `extractAll(e.attributes, '[{, ]"${id}": ?(-?[0-9][-+.0-9eE]*)')`;
  const numbers = `arrayMap(text -> toFloat64OrNull(text), ${texts})`;
  return `arrayFirstOrNull(number -> ifNull(abs(number - ${rounded}) <= abs(${rounded}) * 1e-14 + 1e-320, false), ${numbers})`;
}
