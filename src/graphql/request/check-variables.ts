import {
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isInputType,
  isListType,
  isRequiredInputField,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import { isLarger } from '../../lib/is-larger.ts';

/** In the units of `isLarger`. */
const LARGE = 20_000;
const MAX_KEY_LENGTH = 100;

/**
 * Refuses large input objects with members that are not of their type, or without those that it requires. graphql would name 50 of them, and print the whole object around
 * each. Everything else is left to graphql.
 * @throws AtlasError BAD_USER_INPUT
 */
export function checkVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): void {
  for (const { variable, type: node } of variableDefinitions) {
    const name = variable.name.value;
    if (!Object.hasOwn(variables, name) || !isLargeObject(variables[name])) continue;
    const type = typeFromAST(schema, node);
    if (isInputType(type)) checkLarge(`$${name}`, variables[name], type);
  }
}

function isLargeObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && isLarger(value, LARGE);
}

function checkLarge(path: string, value: unknown, outer: GraphQLInputType): void {
  const type = getNullableType(outer);
  if (!isLargeObject(value)) return;
  if (isListType(type)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const [index, item] of items.entries()) {
      if (isLargeObject(item)) checkLarge(`${path}.${index}`, item, type.ofType);
    }
    return;
  }
  if (!isInputObjectType(type) || Array.isArray(value)) return;
  const fields = type.getFields();
  for (const [key, member] of Object.entries(value)) {
    const field = fields[key];
    if (field === undefined) {
      throw invalid(
        path,
        `Field ${JSON.stringify(key.slice(0, MAX_KEY_LENGTH))} is not defined by type "${type.name}".`,
      );
    }
    checkLarge(`${path}.${key}`, member, field.type);
  }
  const missing = Object.values(fields).find(
    (field) => isRequiredInputField(field) && !Object.hasOwn(value, field.name),
  );
  if (missing === undefined) return;
  throw invalid(path, `Field "${missing.name}" of required type "${missing.type}" was not provided.`);
}

function invalid(path: string, problem: string): AtlasError {
  return new AtlasError('BAD_USER_INPUT', `Variable "${path}" got an invalid value; ${problem}`);
}
