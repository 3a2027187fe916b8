import { type ConstDirectiveNode, parse, print, visit } from 'graphql';

const AUTHORIZATION = new Set(['authenticated', 'requiresScopes', 'policy']);

/**
 * The same SDL without `@authenticated`, `@requiresScopes` and `@policy`, for gateways that refuse a supergraph which has them. Atlas enforces
 * them in any case.
 */
export function withoutAuthorization(sdl: string): string {
  const stripped = visit(parse(sdl, { noLocation: true }), {
    Directive: ({ name }) => (AUTHORIZATION.has(name.value) ? null : undefined),
    SchemaExtension: (node) => ({ ...node, directives: node.directives?.map(withoutImports) ?? [] }),
  });
  return print(stripped);
}

/** A `@link` that does not import them. */
function withoutImports(directive: ConstDirectiveNode): ConstDirectiveNode {
  return visit(directive, {
    StringValue: ({ value }) => (value.startsWith('@') && AUTHORIZATION.has(value.slice(1)) ? null : undefined),
  });
}
