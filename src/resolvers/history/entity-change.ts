import type { AttributeDefinition, AttributeId } from '../../domain/catalog/attribute.ts';
import type { EntityChangeRecord, ValueChange } from '../../domain/entity-change.ts';
import type { EntityChangeResolvers } from '../../generated/resolver-types.ts';
import { refreshCatalog } from '../catalog/request-catalog.ts';
import { responseToken } from '../freshness/response-token.ts';
import type { RequestContext } from '../request-context.ts';

export interface EntityChangeNode {
  readonly record: EntityChangeRecord;
  /** What is shown of it; null: every attribute that the caller may read. */
  readonly shown: ReadonlySet<AttributeId> | null;
}

export const entityChangeResolvers: EntityChangeResolvers = {
  entityId: ({ record }) => record.entityId,
  entityType: ({ record }) => record.type,
  operation: ({ record }) => record.operation,
  version: ({ record }) => record.version,
  at: ({ record }) => record.at,
  subject: ({ record }) => record.subject,
  async attributes({ record, shown }, _given, context) {
    const values = shown === null ? record.values : record.values.filter(({ attributeId }) => shown.has(attributeId));
    if (values.some((value) => isUnknown(value, context))) await refreshCatalog(context);
    return values
      .flatMap(({ attributeId, before, after }) => {
        const definition = context.catalog.byId(attributeId);
        if (definition === undefined || !isShown(definition)) return [];
        return [{ key: definition.key, type: definition.type, before: before ?? null, after: after ?? null }];
      })
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  },
  token: ({ record }, _given, context) =>
    responseToken({ positions: new Map([[record.shard, record.lsn + 1n]]), catalogRevision: 0 }, context),
};

/** A definition that has not arrived. One that the caller may not read is not missing, and one that was deleted is not waited for again. */
function isUnknown({ attributeId }: ValueChange, { catalog }: RequestContext): boolean {
  return catalog.byId(attributeId) === undefined && catalog.restriction?.hidesId(attributeId) !== true;
}

/** As of an entity: retired attributes are not shown, and what is being deleted is no more. */
function isShown({ retiredAt, storage }: AttributeDefinition): boolean {
  return retiredAt === null && storage.deleted !== true;
}
