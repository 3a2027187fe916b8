import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';
import type { RequestLimits } from '../../config/request-limits.ts';
import { AtlasError } from '../../domain/errors.ts';

export type QueryLimits = Pick<RequestLimits, 'maxQueryDepth' | 'maxQueryAliases'>;

/** Validation rules that refuse a query before it runs. Introspection may be of any depth. */
export function queryLimitRules({ maxQueryDepth, maxQueryAliases }: QueryLimits): ValidationRule[] {
  return [
    maxDepthRule({
      n: maxQueryDepth,
      flattenFragments: true,
      propagateOnRejection: false,
      onReject: [refuse(`The query is too deep; the limit is ${maxQueryDepth} levels.`)],
    }),
    maxAliasesRule({
      n: maxQueryAliases,
      propagateOnRejection: false,
      onReject: [refuse(`The query has too many aliases; the limit is ${maxQueryAliases}.`)],
    }),
  ];
}

function refuse(message: string): (context: ValidationContext | null) => void {
  return (context) => {
    context?.reportError(new GraphQLError(message, { originalError: new AtlasError('LIMIT_EXCEEDED', message) }));
  };
}
