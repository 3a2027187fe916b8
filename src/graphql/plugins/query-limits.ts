import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';
import type { RequestLimits } from '../../config/request-limits.ts';
import { AtlasError } from '../../domain/errors.ts';
import { overLimit } from '../../domain/over-limit.ts';

export type QueryLimits = Pick<RequestLimits, 'maxQueryDepth' | 'maxQueryAliases'>;

/** Validation rules that refuse a query before it runs. Introspection may be of any depth. */
export function queryLimitRules({ maxQueryDepth, maxQueryAliases }: QueryLimits): ValidationRule[] {
  return [
    maxDepthRule({
      n: maxQueryDepth,
      flattenFragments: true,
      propagateOnRejection: false,
      onReject: [
        refuse(
          `The query is too deep; the limit is ${maxQueryDepth} levels.`,
          overLimit('Select less deeply', 'ATLAS_MAX_QUERY_DEPTH'),
        ),
      ],
    }),
    maxAliasesRule({
      n: maxQueryAliases,
      propagateOnRejection: false,
      onReject: [
        refuse(
          `The query has too many aliases; the limit is ${maxQueryAliases}.`,
          overLimit('Use fewer aliases', 'ATLAS_MAX_QUERY_ALIASES'),
        ),
      ],
    }),
  ];
}

function refuse(message: string, hint: string): (context: ValidationContext | null) => void {
  return (context) => {
    context?.reportError(
      new GraphQLError(message, { originalError: new AtlasError('LIMIT_EXCEEDED', message, { hint }) }),
    );
  };
}
