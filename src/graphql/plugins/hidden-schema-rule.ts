import { GraphQLError, type ValidationRule } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';

const SCHEMA_FIELDS: ReadonlySet<string> = new Set(['__schema', '__type', '_service']);

/** Refuses queries for the schema, by introspection and as SDL. */
export const hiddenSchemaRule: ValidationRule = (context) => ({
  Field(node) {
    if (!SCHEMA_FIELDS.has(node.name.value)) return;
    const refusal = new AtlasError('FORBIDDEN', 'The server does not show its schema (ATLAS_INTROSPECTION=false).', {
      hint: 'Take the schema from `atlas schema print`.',
    });
    context.reportError(new GraphQLError(refusal.message, { nodes: [node], originalError: refusal }));
  },
});
