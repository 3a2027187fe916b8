import { AtlasError } from '../domain/errors.ts';
import { parseEntityId } from '../domain/identifiers.ts';
import type { MutationResolvers } from '../generated/resolver-types.ts';
import { attributeRules } from './attribute-rules.ts';
import { noteWrite } from './note-write.ts';
import { upsertEntities } from './upsert-entities.ts';
import { checkExpectedVersion } from './upsert-row.ts';

export const mutationResolvers: MutationResolvers = {
  async upsertEntity(_root, { input }, context) {
    const { results, consistencyToken } = await upsertEntities([input], 'REJECT_ALL', context);
    const [result] = results;
    if (result === undefined || result.status === 'NOT_WRITTEN') throw new RangeError('The writer gave no outcome');
    if (result.status === 'FAILED') throw result.error;
    return { ...result, consistencyToken };
  },
  async upsertEntities(_root, { input, errorPolicy }, context) {
    const limit = context.settings.ATLAS_MAX_UPSERT_ROWS;
    if (input.length > limit) {
      throw new AtlasError('LIMIT_EXCEEDED', `upsertEntities was given ${input.length} rows: give at most ${limit}.`);
    }
    return upsertEntities(input, errorPolicy ?? 'REJECT_FAILED_ROWS', context);
  },
  async deleteEntity(_root, { id, expectedVersion = null }, context) {
    checkExpectedVersion(expectedVersion);
    const { outcome, positions } = await context.writer.delete(context.tenantId, parseEntityId(id), expectedVersion);
    return { id, deleted: outcome, consistencyToken: noteWrite(positions, context) };
  },
  async defineAttribute(_root, { input }, context) {
    const { key, type, description, entityTypes, filterable, exposed, hot, rules } = input;
    const [definition] = await context.attributes.define(context.tenantId, [
      {
        key,
        type,
        description: description ?? null,
        entityTypes: entityTypes ?? [],
        filterable: filterable ?? true,
        exposed: exposed ?? false,
        hot: hot ?? false,
        rules: attributeRules(rules ?? {}),
      },
    ]);
    if (definition === undefined) throw new RangeError('The catalog gave no definition');
    context.catalog = context.attributes.forTenant(context.tenantId);
    return { definition, consistencyToken: noteWrite(new Map(), context) };
  },
};
