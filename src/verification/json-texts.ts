import { createHash } from 'node:crypto';
import type { PostgresSession } from '../connections/postgres/postgres-database.ts';
import { ATTRIBUTE_TYPES } from '../domain/catalog/attribute.ts';
import { hasJsonText } from '../domain/catalog/list-types.ts';
import { canonicalJson, type JsonValue } from '../lib/canonical-json.ts';

/**
 * The column `json_texts` of ClickHouse's entity rows: the whole canonical text of each filterable JSON attribute and list. Postgres does
 * not hold it and SQL cannot write it, so the values of these attributes are shipped, and it is hashed here as ClickHouse does.
 */
export interface JsonText {
  readonly tenant_id: number;
  readonly entity_id: string;
  readonly attribute_id: number;
  readonly text: string;
}

const JSON_TYPES = `'{${ATTRIBUTE_TYPES.filter(hasJsonText).join(',')}}'`;

interface JsonRow extends Omit<JsonText, 'text'> {
  readonly value: JsonValue;
}

/**
 * The JSON attributes of some entities, in the order of keys. A definition that has not arrived on this server yet only makes its
 * entities be compared more closely.
 * @param condition on `t`, with placeholders for `values`.
 */
export async function readJsonTexts(
  session: PostgresSession,
  condition: string,
  values: readonly unknown[],
  limit: number | null = null,
): Promise<JsonText[]> {
  const rows = await session.query<JsonRow>({
    text: `
SELECT t.tenant_id, t.entity_id, t.attribute_id, e.attributes -> t.attribute_id::text AS value
FROM atlas.entity_attribute AS t
JOIN atlas.entity AS e ON e.tenant_id = t.tenant_id AND e.entity_id = t.entity_id
WHERE t.attribute_id IN (SELECT attribute_id FROM atlas.attribute_definition WHERE type = ANY (${JSON_TYPES})) AND ${condition}
ORDER BY t.tenant_id, t.entity_id, t.attribute_id LIMIT ${limit === null ? 'ALL' : `$${values.length + 1}::bigint`}`,
    values: limit === null ? values : [...values, limit],
  });
  return rows.map(({ value, ...key }) => ({ ...key, text: canonicalJson(value) }));
}

/** The first 64 bits of the MD5, unsigned. */
export function jsonTextHash({ tenant_id, entity_id, attribute_id, text }: JsonText): bigint {
  const hash = createHash('md5').update(`${tenant_id},${entity_id},${attribute_id},${text}`);
  return hash.digest().readBigUInt64BE();
}

/** The same of `attribute` and `text` in ClickHouse. */
export const JSON_TEXT_HASH = `reinterpretAsUInt64(reverse(substring(MD5(concat(
  toString(tenant_id), ',', toString(entity_id), ',', toString(attribute), ',', text)), 1, 8)))`;
/** Follows the table and FINAL. */
export const EACH_JSON_TEXT = 'ARRAY JOIN mapKeys(t.json_texts) AS attribute, mapValues(t.json_texts) AS text';

/** The sum of the hashes of one entity's texts; null if it has none. Selected from an entity row `t`. */
export const JSON_TEXTS_OF_ROW = `if(empty(mapKeys(t.json_texts)), NULL, toString(arraySum(arrayMap((attribute, text) ->
  ${JSON_TEXT_HASH.replaceAll('tenant_id', 't.tenant_id').replaceAll('entity_id', 't.entity_id')},
  mapKeys(t.json_texts), mapValues(t.json_texts)))))`;

/** The same sums of what was read from Postgres, by entity, each once and in order. */
export function jsonTextSums(texts: readonly JsonText[]): { tenant_id: number; entity_id: string; hash: string }[] {
  const sums: { tenant_id: number; entity_id: string; sum: bigint }[] = [];
  for (const text of texts) {
    const last = sums.at(-1);
    const hash = jsonTextHash(text);
    if (last?.tenant_id === text.tenant_id && last.entity_id === text.entity_id) last.sum += hash;
    else sums.push({ tenant_id: text.tenant_id, entity_id: text.entity_id, sum: hash });
  }
  return sums.map(({ sum, ...key }) => ({ ...key, hash: String(BigInt.asUintN(64, sum)) }));
}
