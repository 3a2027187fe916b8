import type { AttributeRules } from '../../domain/catalog/attribute.ts';
import type { AttributeRulesInput, AttributeRulesResolvers } from '../../generated/resolver-types.ts';

export const attributeRulesResolvers: AttributeRulesResolvers = {
  earliest: ({ earliest }) => (earliest === undefined ? null : new Date(earliest)),
  latest: ({ latest }) => (latest === undefined ? null : new Date(latest)),
};

/** Null means not set. */
export function attributeRules(input: AttributeRulesInput): AttributeRules {
  const { min, max, earliest, latest, maxLength, pattern, schema, targetTypes } = input;
  return {
    ...(input.enum != null && { enum: input.enum }),
    ...(min != null && { min }),
    ...(max != null && { max }),
    ...(earliest != null && { earliest: earliest.toISOString() }),
    ...(latest != null && { latest: latest.toISOString() }),
    ...(maxLength != null && { maxLength }),
    ...(pattern != null && { pattern }),
    ...(schema != null && { schema }),
    ...(targetTypes != null && { targetTypes }),
  };
}
