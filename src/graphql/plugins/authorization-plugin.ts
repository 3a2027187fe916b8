import { GraphQLError } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import { type Alternatives, requiredRoles } from '../authorization/required-roles.ts';
import type { RequestPlugin } from './request-plugin.ts';

/** Refuses an operation that needs a role which the caller does not have, as a whole and before any of it runs. */
export const authorizationPlugin: RequestPlugin = {
  async didResolveOperation({ schema, document, operation, request, contextValue: { roles } }) {
    if (operation == null) return;
    const required = requiredRoles({ schema, document, operation, variables: request.variables ?? {} });
    const missing = required.find((alternatives) => !alternatives.some((all) => all.every((role) => roles.has(role))));
    if (missing === undefined) return;
    const refusal = new AtlasError('FORBIDDEN', `The request needs the role ${described(missing)}.`, {
      hint: 'Send a token with that role, or leave out the fields that need it.',
    });
    throw new GraphQLError(refusal.message, { originalError: refusal, extensions: { http: { status: 403 } } });
  },
};

function described(alternatives: Alternatives): string {
  return alternatives.map((roles) => roles.map((role) => `"${role}"`).join(' and ')).join(', or ');
}
