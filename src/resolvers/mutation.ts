import { parseEntityId } from '../domain/identifiers.ts';
import type { MutationResolvers } from '../generated/resolver-types.ts';
import { checkExpectedVersion, type EntityInput } from '../writing/check-row.ts';
import { type ErrorPolicy, upsertEntities } from '../writing/upsert-entities.ts';
import { changeAttribute, defineAttribute, updateAttribute } from './catalog/attribute-mutations.ts';
import { describeEntityType } from './catalog/describe-entity-type.ts';
import { type UpsertEntityResultNode, upsertEntityResult } from './entity/upsert-entity-result.ts';
import { noteWrite } from './note-write.ts';
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
  defineAttribute: (_root, { input }, context) => defineAttribute(input, context),
  describeEntityType: (_root, { type, description = null }, context) => describeEntityType(type, description, context),
  updateAttribute: (_root, { input }, context) => updateAttribute(input, context),
  retireAttribute: (_root, { key, expectedVersion = null }, context) =>
    changeAttribute({ key, change: { kind: 'retire' }, expectedVersion }, context),
  restoreAttribute: (_root, { key, expectedVersion = null }, context) =>
    changeAttribute({ key, change: { kind: 'restore' }, expectedVersion }, context),
  deleteAttribute: (_root, { key, expectedVersion = null }, context) =>
    changeAttribute({ key, change: { kind: 'delete' }, expectedVersion }, context),
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
