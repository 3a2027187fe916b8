import { hasRow } from '../../../domain/catalog/attribute-storage.ts';
import { hasJsonText } from '../../../domain/catalog/list-types.ts';
import { canonicalJson } from '../../../lib/canonical-json.ts';
import { quotedField } from './row-buffer.ts';
import type { ChangeDefinitions, TupleAttributes } from './tuple-attributes.ts';

/**
 * The whole canonical text of each filterable JSON attribute, and each list, as a field of type Map(UInt32, String): filters and groups
 * compare it, and SQL cannot write it.
 * @throws UnknownAttributeError
 */
export function jsonTexts(attributes: TupleAttributes, definitions: ChangeDefinitions): string {
  const members: string[] = [];
  for (const name in attributes) {
    const definition = definitions.get(name);
    if (!hasJsonText(definition.type) || !hasRow(definition)) continue;
    members.push(`${definition.id}:${quotedField(canonicalJson(attributes[name] ?? null))}`);
  }
  return `{${members.join(',')}}`;
}
