import { type DirectiveNode, type FieldNode, type GraphQLResolveInfo, getDirectiveValues } from 'graphql';
import type { FreshnessRequest, FreshnessRequirement } from '../../freshness/freshness.ts';
import { type FreshnessArguments, parseFreshness } from '../../freshness/parse-freshness.ts';
import {
  ENTITY_DEFAULT,
  type FreshnessDefault,
  refineRequirement,
  resolveRequirement,
  strictestRequest,
} from '../../freshness/resolve-requirement.ts';
import { catchUp } from '../catalog/request-catalog.ts';
import type { RequestContext } from '../request-context.ts';

interface Freshness {
  readonly freshness?: FreshnessArguments | null;
}

interface Annotated {
  readonly directives?: readonly DirectiveNode[];
}

/**
 * The freshness required of a field that reads. In order of precedence: its argument, the directive on the field, on the
 * enclosing field if that only groups such fields (`analytics`), on the operation, the headers, the directive on the field's
 * definition, the default. `context.catalog` has reached its token on return, so use that only afterwards.
 * @throws AtlasError BAD_FRESHNESS, SHARD_UNAVAILABLE | TIMEOUT if the catalog cannot be read
 */
export async function readRequirement(
  given: Freshness,
  context: RequestContext,
  info: GraphQLResolveInfo,
  around: readonly FieldNode[] = [],
  defaults = ENTITY_DEFAULT,
): Promise<FreshnessRequirement> {
  const requirement = requirementOf(given, context, info, around, defaults);
  await catchUp(requirement, context);
  return requirement;
}

function requirementOf(
  given: Freshness,
  context: RequestContext,
  info: GraphQLResolveInfo,
  around: readonly FieldNode[],
  defaults: FreshnessDefault,
): FreshnessRequirement {
  const known = context.requirements.get(info.fieldNodes);
  if (known !== undefined) return known;
  const layers = [
    ...ownRequests(given, context, info),
    ...directives(around, context, info),
    ...directive(info.operation, context, info),
    context.headerFreshness,
    ...directive(info.parentType.getFields()[info.fieldName]?.astNode ?? {}, context, info),
  ];
  const requirement = resolveRequirement(layers, defaults, context.limits.consistencyWaitMs);
  context.requirements.set(info.fieldNodes, requirement);
  return requirement;
}

/**
 * What a field of an already read entity requires beyond that read; null if it has no separate requirement.
 * @throws AtlasError BAD_FRESHNESS
 */
export function refinedRequirement(
  inherited: FreshnessRequirement,
  given: Freshness,
  context: RequestContext,
  info: GraphQLResolveInfo,
): FreshnessRequirement | null {
  // Most fields have none, and a list asks for each field of each item.
  if (given.freshness == null && !info.fieldNodes.some(hasDirectives)) return null;
  return refineRequirement(ownRequests(given, context, info), inherited);
}

function ownRequests({ freshness }: Freshness, context: RequestContext, info: GraphQLResolveInfo): FreshnessRequest[] {
  const argument = freshness == null ? [] : [parseFreshness(freshness, context.tokenScope)];
  return [...argument, ...directives(info.fieldNodes, context, info)];
}

/** A field that is selected in several places is read once, by the strictest of their requirements. */
function directives(
  nodes: readonly FieldNode[],
  context: RequestContext,
  info: GraphQLResolveInfo,
): FreshnessRequest[] {
  const annotated = nodes.filter(hasDirectives);
  if (annotated.length === 0) return [];
  return [strictestRequest(annotated.flatMap((node) => directive(node, context, info)))];
}

function hasDirectives({ directives }: Annotated): boolean {
  return directives?.some(({ name }) => name.value === DIRECTIVE) ?? false;
}

const DIRECTIVE = 'freshness';

function directive(node: Annotated, context: RequestContext, info: GraphQLResolveInfo): FreshnessRequest[] {
  if (!hasDirectives(node)) return [];
  const definition = info.schema.getDirective(DIRECTIVE);
  const given = definition && getDirectiveValues(definition, node, info.variableValues);
  return given == null ? [] : [parseFreshness(given as FreshnessArguments, context.tokenScope)];
}
