import { Kind } from 'graphql';
import values from 'graphql/execution/values.js';

type GetArgumentValues = typeof values.getArgumentValues;
type Definition = Parameters<GetArgumentValues>[0];

type Arguments = ReturnType<GetArgumentValues>;

/**
 * By a field's definition and node. Parsed documents are kept from request to request, so their nodes are; they must not keep schemas that nobody
 * uses any more.
 */
const known = new WeakMap<Definition, WeakMap<object, Arguments>>();
let isInstalled = false;

/**
 * From now on, graphql computes the arguments of a field once for its node if they are scalars that are written in the document, as in
 * `text(key: "name")`. It offers no way to say so, and computes them for every object of a list: a seventh of the CPU of a list of 100 × 5.
 * Resolvers get the same frozen object each time. What has a variable, a list or an object is computed as before; what is refused is refused again.
 */
export function rememberConstantArguments(): void {
  if (isInstalled) return;
  isInstalled = true;
  const compute = values.getArgumentValues;
  const getArgumentValues: GetArgumentValues = (definition, node, variables) => {
    let ofDefinition = known.get(definition);
    const found = ofDefinition?.get(node);
    if (found !== undefined) return found;
    const args = compute(definition, node, variables);
    if (!isConstant(node, args)) return args;
    if (ofDefinition === undefined) {
      ofDefinition = new WeakMap();
      known.set(definition, ofDefinition);
    }
    ofDefinition.set(node, Object.freeze(args));
    return args;
  };
  Object.assign(values, { getArgumentValues });
}

/** A variable within a list or an object makes one, too. */
function isConstant({ arguments: given = [] }: Parameters<GetArgumentValues>[1], args: object): boolean {
  if (given.some(({ value }) => value.kind === Kind.VARIABLE)) return false;
  return Object.values(args).every((value) => value === null || typeof value !== 'object');
}
