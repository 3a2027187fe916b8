import type { NewAttribute } from '../../domain/catalog/attribute-catalog.ts';
import type { ChangeRequest, DefinitionUpdate } from '../../domain/catalog/attribute-change.ts';
import { definitionDifferences } from '../../domain/catalog/definition-differences.ts';
import { AtlasError } from '../../domain/errors.ts';
import type {
  DefineAttributeInput,
  ResolversTypes,
  RetireAttributePayload,
  UpdateAttributeInput,
} from '../../generated/resolver-types.ts';
import { noteWrite } from '../note-write.ts';
import type { RequestContext } from '../request-context.ts';
import { attributeAccess } from './attribute-access.ts';
import { attributeRules } from './attribute-rules.ts';

type Changed = Pick<RetireAttributePayload, 'consistencyToken'> & {
  readonly definition: Awaited<ReturnType<RequestContext['attributes']['change']>>;
};

export async function defineAttribute(
  input: DefineAttributeInput,
  context: RequestContext,
): Promise<ResolversTypes['DefineAttributePayload']> {
  const { key, type, description, entityTypes, filterable, exposed, hot, rules, access, unique } = input;
  const shared = input.shared ?? false;
  if (shared && !context.roles.has('operate')) {
    throw new AtlasError('FORBIDDEN', 'An attribute that is shared by all tenants needs the role "operate".', {
      hint: 'Send a token with that role, or omit shared to define it for your tenant.',
    });
  }
  const attribute: NewAttribute = {
    key,
    type,
    description: description ?? null,
    entityTypes: entityTypes ?? [],
    filterable: filterable ?? true,
    exposed: exposed ?? false,
    hot: hot ?? false,
    rules: attributeRules(rules ?? {}),
    access: attributeAccess(access ?? {}),
    unique: unique ?? false,
    shared,
  };
  const [definition] = await context.attributes.define(context.caller, [attribute], context.signal);
  if (definition === undefined) throw new RangeError('The catalog returned no definition');
  context.catalog = context.attributes.forTenant(context.tenantId);
  const differences = definitionDifferences(definition, attribute);
  return { definition, differences, consistencyToken: noteWrite(new Map(), context) };
}

export function updateAttribute(
  { key, expectedVersion, ...input }: UpdateAttributeInput,
  context: RequestContext,
): Promise<Changed> {
  const change = { kind: 'update' as const, update: definitionUpdate(input) };
  return changeAttribute({ key, change, expectedVersion: expectedVersion ?? null }, context);
}

/** A request that changes nothing returns the definition, too. */
export async function changeAttribute(request: ChangeRequest, context: RequestContext): Promise<Changed> {
  const definition = await context.attributes.change(context.caller, request, context.signal);
  context.catalog = context.attributes.forTenant(context.tenantId);
  return { definition, consistencyToken: noteWrite(new Map(), context) };
}

/** Undefined changes nothing; null sets the default. */
function definitionUpdate({
  description,
  entityTypes,
  exposed,
  filterable,
  hot,
  rules,
  access,
}: Omit<UpdateAttributeInput, 'key' | 'expectedVersion'>): DefinitionUpdate {
  return {
    ...(description !== undefined && { description }),
    ...(entityTypes !== undefined && { entityTypes: entityTypes ?? [] }),
    ...(exposed !== undefined && { exposed: exposed ?? false }),
    ...(filterable !== undefined && { filterable: filterable ?? true }),
    ...(hot !== undefined && { hot: hot ?? false }),
    ...(rules !== undefined && { rules: attributeRules(rules ?? {}) }),
    ...(access !== undefined && { access: attributeAccess(access ?? {}) }),
  };
}
