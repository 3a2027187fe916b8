import { type ASTVisitor, type FieldNode, GraphQLError, type ValidationContext } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';

const ALLOWED: ReadonlySet<string> = new Set(['_entities', 'analytics']);

/**
 * Refuses `@freshness` on a field that reads nothing by itself, where it would be a promise that nobody keeps. Fields
 * that read take the argument `freshness`, except `_entities`, whose arguments federation fixes; on `analytics` it holds
 * for the questions inside.
 */
export function misplacedFreshnessRule(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      const field = context.getFieldDef();
      if (field == null || ALLOWED.has(field.name) || !asksForFreshness(node)) return;
      if (field.args.some(({ name }) => name === 'freshness')) return;
      const message = `"${field.name}" reads nothing by itself: give @freshness to the field around or inside it that reads, such as entity, entities or count, or to the operation.`;
      context.reportError(
        new GraphQLError(message, { nodes: node, originalError: new AtlasError('BAD_FRESHNESS', message) }),
      );
    },
  };
}

function asksForFreshness({ directives }: FieldNode): boolean {
  return directives?.some(({ name }) => name.value === 'freshness') ?? false;
}
