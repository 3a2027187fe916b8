import { type DirectiveNode, type DocumentNode, Kind, parse, type SelectionNode, type SelectionSetNode } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import { fragmentsOf } from '../cost/applicable-fields.ts';

const CONDITIONAL: ReadonlySet<string> = new Set(['skip', 'include']);
/** Documents without these words need not be parsed. */
const WORDS = [/\bsubscription\b/, /\b(?:skip|include)\b/];

/**
 * Refuses `@skip` and `@include` on what a subscription selects itself, as GraphQL does since September 2025 (section 5.2.4.1): it has exactly one field.
 * This version of graphql fails instead, where they leave the field out and where a variable decides. What else is wrong with a document is said when it is
 * validated.
 * @throws AtlasError BAD_USER_INPUT
 */
export function checkSubscriptionRoot(query: string): void {
  const document = WORDS.every((word) => word.test(query)) ? parsed(query) : null;
  if (document === null) return;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION || definition.operation !== 'subscription') continue;
    const directive = conditionIn(definition.selectionSet, document);
    if (directive === null) continue;
    throw new AtlasError(
      'BAD_USER_INPUT',
      `A subscription must select exactly one field, so @${directive} cannot decide on it.`,
      { hint: `Leave @${directive} out, or use it on the fields inside.` },
    );
  }
}

/** The first such directive, also in fragments. */
function conditionIn(root: SelectionSetNode, document: DocumentNode): string | null {
  const fragments = new Map(fragmentsOf(document));
  const inside = (selection: SelectionNode): SelectionSetNode | undefined => {
    if (selection.kind !== Kind.FRAGMENT_SPREAD)
      return selection.kind === Kind.FIELD ? undefined : selection.selectionSet;
    const { value: name } = selection.name;
    const fragment = fragments.get(name);
    // Each is looked at once, as one may contain itself.
    fragments.delete(name);
    return fragment?.selectionSet;
  };
  const find = ({ selections }: SelectionSetNode): string | null => {
    for (const selection of selections) {
      const inner = inside(selection);
      const found = conditionOf(selection.directives) ?? (inner === undefined ? null : find(inner));
      if (found !== null) return found;
    }
    return null;
  };
  return find(root);
}

function conditionOf(directives: readonly DirectiveNode[] = []): string | null {
  return directives.find(({ name }) => CONDITIONAL.has(name.value))?.name.value ?? null;
}

function parsed(query: string): DocumentNode | null {
  try {
    return parse(query, { noLocation: true });
  } catch {
    return null;
  }
}
