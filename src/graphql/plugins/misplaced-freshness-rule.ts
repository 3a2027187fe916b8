import { type ASTVisitor, type FieldNode, GraphQLError, type ValidationContext } from 'graphql';
import { ENTITY_FIELDS } from '../../domain/catalog/exposed-field.ts';
import { AtlasError } from '../../domain/errors.ts';

const ALLOWED: ReadonlySet<string> = new Set(['_entities', 'analytics']);

/**
 * Refuses `@freshness` on a field that reads nothing itself, on which it would have no effect. Fields that read have an argument
 * `freshness`, except `_entities`, whose arguments are fixed by federation, and typed fields, which have none. On `analytics`, the directive applies to the fields
 * inside.
 */
export function misplacedFreshnessRule(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      const field = context.getFieldDef();
      if (field == null || ALLOWED.has(field.name) || !asksForFreshness(node)) return;
      if (field.args.some(({ name }) => name === 'freshness')) return;
      if (context.getParentType()?.name === 'Entity' && !ENTITY_FIELDS.has(field.name)) return;
      const message = `@freshness has no effect on "${field.name}", which reads nothing itself; use it on a field that reads, such as entity, entities or count, or on the operation.`;
      context.reportError(
        new GraphQLError(message, { nodes: node, originalError: new AtlasError('BAD_FRESHNESS', message) }),
      );
    },
  };
}

function asksForFreshness({ directives }: FieldNode): boolean {
  return directives?.some(({ name }) => name.value === 'freshness') ?? false;
}
