import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';
import type { Settings } from '../../config/settings.ts';
import { AtlasError } from '../../domain/errors.ts';

export type QueryLimits = Pick<Settings, 'ATLAS_MAX_QUERY_DEPTH' | 'ATLAS_MAX_QUERY_ALIASES'>;

/** Validation rules that refuse a query before it runs. Introspection may be as deep as it needs. */
export function queryLimitRules({ ATLAS_MAX_QUERY_DEPTH, ATLAS_MAX_QUERY_ALIASES }: QueryLimits): ValidationRule[] {
  return [
    maxDepthRule({
      n: ATLAS_MAX_QUERY_DEPTH,
      flattenFragments: true,
      propagateOnRejection: false,
      onReject: [refuse(`The query is more than ${ATLAS_MAX_QUERY_DEPTH} levels deep: select less deeply.`)],
    }),
    maxAliasesRule({
      n: ATLAS_MAX_QUERY_ALIASES,
      propagateOnRejection: false,
      onReject: [refuse(`The query has more than ${ATLAS_MAX_QUERY_ALIASES} aliases: split it.`)],
    }),
  ];
}

function refuse(message: string): (context: ValidationContext | null) => void {
  return (context) => {
    context?.reportError(new GraphQLError(message, { originalError: new AtlasError('LIMIT_EXCEEDED', message) }));
  };
}
