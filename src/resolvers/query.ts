import { AtlasError } from '../domain/errors.ts';
import { parseEntityId } from '../domain/identifiers.ts';
import { overLimit } from '../domain/over-limit.ts';
import { PAST_DEFAULT } from '../freshness/resolve-requirement.ts';
import type { QueryResolvers } from '../generated/resolver-types.ts';
import { auditLog } from './audit-log.ts';
import { attributeDefinitionPage } from './catalog/attribute-definition-page.ts';
import { readCatalog } from './catalog/read-catalog.ts';
import { readEntityTypes } from './catalog/read-entity-types.ts';
import { entities } from './entity/entities.ts';
import { type EntityNode, entityNode, entityNodes } from './entity/entity.ts';
import { entityByKey } from './entity/entity-by-key.ts';
import { projectedAttributes } from './entity/projected-attributes.ts';
import { search } from './entity/search.ts';
import { erasures } from './erasure/erasures.ts';
import { readRequirement } from './freshness/field-freshness.ts';
import { replicationStatus } from './freshness/replication-status.ts';
import { hintUnknownType } from './hint-unknown-type.ts';
import { changes } from './history/changes.ts';
import { entityAsOf, momentOf } from './history/entity-as-of.ts';
import { entityHistoryPage } from './history/entity-history.ts';

export const queryResolvers: Required<QueryResolvers> = {
  async entity(_root, given, context, info) {
    const id = parseEntityId(given.id);
    const moment = momentOf(given, context);
    if (moment !== null) {
      const past = await readRequirement(given, context, info, [], PAST_DEFAULT);
      return entityAsOf(id, moment, past, context);
    }
    const requirement = await readRequirement(given, context, info);
    return entityNode(await context.entities.load(id, requirement, projectedAttributes(context, info)));
  },
  entityByKey: (_root, given, context, info) => entityByKey(given, context, info),
  async entitiesById(_root, given, context, info) {
    const limit = context.limits.maxBatchIds;
    if (given.ids.length > limit) {
      throw new AtlasError('LIMIT_EXCEEDED', `entitiesById got ${given.ids.length} ids; the limit is ${limit}.`, {
        hint: overLimit('Ask for fewer ids at once', 'ATLAS_MAX_BATCH_IDS'),
      });
    }
    const requirement = await readRequirement(given, context, info);
    const ids = given.ids.map(parseEntityId);
    // The generated type lacks null and errors.
    return (await entityNodes(ids, requirement, context, info)) as EntityNode[];
  },
  entities: (_root, given, context, info) => entities(given, context, info),
  search: (_root, given, context, info) => search(given, context, info),
  async attributeDefinition(_root, given, context, info) {
    return (await readCatalog(given, context, info)).byKey(given.key) ?? null;
  },
  async attributeDefinitions(_root, given, context, info) {
    await readCatalog(given, context, info);
    const page = attributeDefinitionPage(given, context);
    const type = given.filter?.entityType ?? null;
    await hintUnknownType(page.totalCount === 0, { type }, await readRequirement(given, context, info), context);
    return page;
  },
  async catalogUsage(_root, given, context, info) {
    await readCatalog(given, context, info);
    return context.attributes.usage(context.tenantId);
  },
  async entityTypes(_root, given, context, info) {
    await readCatalog(given, context, info);
    return readEntityTypes(given, await readRequirement(given, context, info), context, info);
  },
  analytics: (_root, _given, _context, info) => ({ selectedBy: info.fieldNodes }),
  auditLog: async (_root, given, context, info) =>
    auditLog(given, await readRequirement(given, context, info), context),
  entityHistory: async (_root, given, context, info) =>
    entityHistoryPage(parseEntityId(given.id), given, await readRequirement(given, context, info), context),
  changes: async (_root, given, context, info) => changes(given, await readRequirement(given, context, info), context),
  erasures: (_root, given, context) => erasures(given, context),
  replication: (_root, _given, context) => replicationStatus(context),
};
