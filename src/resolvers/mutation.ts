import { parseEntityId } from '../domain/identifiers.ts';
import { encodeToken } from '../freshness/consistency-token.ts';
import type { Positions } from '../freshness/positions.ts';
import type { MutationResolvers } from '../generated/resolver-types.ts';
import { checkExpectedVersion, type EntityInput } from '../writing/check-row.ts';
import { type ErrorPolicy, upsertEntities } from '../writing/upsert-entities.ts';
import { attributeAccess } from './catalog/attribute-access.ts';
import { attributeRules } from './catalog/attribute-rules.ts';
import { type UpsertEntityResultNode, upsertEntityResult } from './entity/upsert-entity-result.ts';
import type { RequestContext } from './request-context.ts';

export const mutationResolvers: Required<MutationResolvers> = {
  async upsertEntity(_root, { input }, context) {
    const { results, consistencyToken } = await upsert([input], 'REJECT_ALL', context);
    const [result] = results;
    if (result === undefined || result.status === 'NOT_WRITTEN') throw new RangeError('The writer returned no outcome');
    if (result.status === 'FAILED' || result.error !== undefined) throw result.error;
    return { ...result, consistencyToken };
  },
  upsertEntities: (_root, { input, errorPolicy }, context) =>
    upsert(input, errorPolicy ?? 'REJECT_FAILED_ROWS', context),
  async deleteEntity(_root, { id, expectedVersion = null }, context) {
    checkExpectedVersion(expectedVersion);
    const { caller, signal, writer } = context;
    const { outcome, positions } = await writer.delete(caller, parseEntityId(id), expectedVersion, signal);
    return { id, deleted: outcome, consistencyToken: noteWrite(positions, context) };
  },
  async eraseEntity(_root, { id }, context) {
    const { caller, signal, eraser } = context;
    const { erasure, positions } = await eraser.erase(caller, parseEntityId(id), signal);
    return { erasure, consistencyToken: noteWrite(positions, context) };
  },
  async defineAttribute(_root, { input }, context) {
    const { key, type, description, entityTypes, filterable, exposed, hot, rules, access } = input;
    const attribute = {
      key,
      type,
      description: description ?? null,
      entityTypes: entityTypes ?? [],
      filterable: filterable ?? true,
      exposed: exposed ?? false,
      hot: hot ?? false,
      rules: attributeRules(rules ?? {}),
      access: attributeAccess(access ?? {}),
    };
    const [definition] = await context.attributes.define(context.caller, [attribute], context.signal);
    if (definition === undefined) throw new RangeError('The catalog returned no definition');
    context.catalog = context.attributes.forTenant(context.tenantId);
    return { definition, consistencyToken: noteWrite(new Map(), context) };
  },
};

interface UpsertNodes {
  readonly results: readonly UpsertEntityResultNode[];
  readonly consistencyToken: string;
}

async function upsert(
  inputs: readonly EntityInput[],
  policy: ErrorPolicy,
  context: RequestContext,
): Promise<UpsertNodes> {
  const { outcome, positions, catalog, sentAt } = await upsertEntities(inputs, policy, context);
  context.catalog = catalog;
  return {
    results: outcome.map((row) => upsertEntityResult(row, { sentAt, positions }, context)),
    consistencyToken: noteWrite(positions, context),
  };
}

/** Makes the response and later reads of this request reflect a write. Returns the token that covers it. */
function noteWrite(positions: Positions, context: RequestContext): string {
  const token = { positions, catalogRevision: context.catalog.latestRevision };
  context.collector.cover(token);
  context.entities.forget();
  return encodeToken(token, context.tokenScope);
}
