import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';

type Values = Readonly<Record<string, unknown>>;

export interface GivenOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** As the request gives them. */
  readonly variables: Values;
}

/** The variables of one request, before coercion, with the defaults of those that it does not give. */
export class OperationVariables {
  readonly #values: Values;
  #areAsked = false;

  constructor({ operation, variables }: Pick<GivenOperation, 'operation' | 'variables'>) {
    this.#values = withDefaults(operation, variables);
  }

  /** Whether what has been computed so far may depend on them. */
  get areAsked(): boolean {
    return this.#areAsked;
  }

  /** The value of what the document says; undefined if it is a variable that has none. */
  valueOf(node: ValueNode): unknown {
    if (hasVariable(node)) this.#areAsked = true;
    return node.kind === Kind.VARIABLE ? this.#values[node.name.value] : valueFromASTUntyped(node, this.#values);
  }
}

/** What is the same for each request with an operation, because it asks for no variables. It is kept as long as the document is. */
export class PerOperation<Result> {
  readonly #known = new WeakMap<
    OperationDefinitionNode,
    Pick<GivenOperation, 'schema' | 'document'> & { readonly result: Result }
  >();

  get({ schema, document, operation }: GivenOperation): Result | undefined {
    const known = this.#known.get(operation);
    return known?.schema === schema && known.document === document ? known.result : undefined;
  }

  /** @param variables those that the result was computed with. */
  keep({ schema, document, operation }: GivenOperation, variables: OperationVariables, result: Result): void {
    if (!variables.areAsked) this.#known.set(operation, { schema, document, result });
  }
}

function hasVariable(node: ValueNode): boolean {
  switch (node.kind) {
    case Kind.VARIABLE:
      return true;
    case Kind.LIST:
      return node.values.some(hasVariable);
    case Kind.OBJECT:
      return node.fields.some(({ value }) => hasVariable(value));
    default:
      return false;
  }
}

function withDefaults({ variableDefinitions = [] }: OperationDefinitionNode, given: Values): Values {
  const defaults = variableDefinitions.flatMap(({ variable, defaultValue }) =>
    defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)]],
  );
  return defaults.length === 0 ? given : { ...Object.fromEntries(defaults), ...given };
}
