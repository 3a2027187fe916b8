import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from '../../lib/canonical-json.ts';
import type { AttributeDefinition } from './attribute.ts';
import type { NewAttribute } from './attribute-catalog.ts';

export type DefinitionProperty =
  | 'DESCRIPTION'
  | 'ENTITY_TYPES'
  | 'FILTERABLE'
  | 'EXPOSED'
  | 'HOT'
  | 'RULES'
  | 'ACCESS'
  | 'UNIQUE'
  | 'RETIRED';

export interface DefinitionDifference {
  readonly property: DefinitionProperty;
  readonly defined: JsonValue;
  readonly requested: JsonValue;
}

/** Where an existing definition is not what was asked for. Members that are not set count with their defaults. */
export function definitionDifferences(
  defined: AttributeDefinition,
  requested: NewAttribute,
): readonly DefinitionDifference[] {
  const { description = null, entityTypes = [], filterable = true, exposed = false, hot = false } = requested;
  const { rules = {}, access = {}, unique = false } = requested;
  const pairs: readonly [DefinitionProperty, unknown, unknown][] = [
    ['DESCRIPTION', defined.description, description],
    ['ENTITY_TYPES', defined.entityTypes, entityTypes],
    ['FILTERABLE', defined.filterable, filterable],
    ['EXPOSED', defined.exposed, exposed],
    ['HOT', defined.hotColumn !== null, hot],
    ['RULES', defined.rules, rules],
    ['ACCESS', defined.access, access],
    ['UNIQUE', defined.keySalt !== null, unique],
    ['RETIRED', defined.retiredAt !== null, false],
  ];
  return pairs
    .filter(([, there, here]) => !isDeepStrictEqual(there, here))
    .map(([property, there, here]) => ({ property, defined: there as JsonValue, requested: here as JsonValue }));
}
