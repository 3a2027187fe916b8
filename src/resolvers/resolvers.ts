import type { Resolvers } from '../generated/resolver-types.ts';
import { analyticsResolvers } from './analytics/analytics.ts';
import { statisticsGroupResolvers } from './analytics/statistics-group.ts';
import { attributeDefinitionResolvers } from './catalog/attribute-definition.ts';
import { attributeRulesResolvers } from './catalog/attribute-rules.ts';
import {
  attributeResolvers,
  booleanAttributeResolvers,
  jsonAttributeResolvers,
  numberAttributeResolvers,
  numberListAttributeResolvers,
  referenceAttributeResolvers,
  textAttributeResolvers,
  textListAttributeResolvers,
  timestampAttributeResolvers,
} from './entity/attribute.ts';
import { entityResolvers } from './entity/entity.ts';
import { entityConnectionResolvers } from './entity/entity-connection.ts';
import { searchConnectionResolvers } from './entity/search-connection.ts';
import { upsertEntityResultResolvers } from './entity/upsert-entity-result.ts';
import { erasureResolvers } from './erasure/erasure.ts';
import { readFreshnessResolvers } from './freshness/read-freshness.ts';
import { entityChangeResolvers } from './history/entity-change.ts';
import { entityChangedEventResolvers } from './history/entity-changed-event.ts';
import { mutationResolvers } from './mutation.ts';
import { queryResolvers } from './query.ts';
import { bigIntScalar, consistencyTokenScalar, dateTimeScalar, jsonScalar } from './scalars.ts';
import { subscriptionResolvers } from './subscription.ts';

/** The resolvers of every type whose fields are not simply the members of its parent's result. */
export const resolvers = {
  Query: queryResolvers,
  Mutation: mutationResolvers,
  Subscription: subscriptionResolvers,
  Analytics: analyticsResolvers,
  Attribute: attributeResolvers,
  TextAttribute: textAttributeResolvers,
  NumberAttribute: numberAttributeResolvers,
  BooleanAttribute: booleanAttributeResolvers,
  TimestampAttribute: timestampAttributeResolvers,
  JsonAttribute: jsonAttributeResolvers,
  ReferenceAttribute: referenceAttributeResolvers,
  TextListAttribute: textListAttributeResolvers,
  NumberListAttribute: numberListAttributeResolvers,
  AttributeDefinition: attributeDefinitionResolvers,
  AttributeRules: attributeRulesResolvers,
  Entity: entityResolvers,
  EntityChange: entityChangeResolvers,
  EntityChangedEvent: entityChangedEventResolvers,
  EntityConnection: entityConnectionResolvers,
  Erasure: erasureResolvers,
  ReadFreshness: readFreshnessResolvers,
  SearchConnection: searchConnectionResolvers,
  StatisticsGroup: statisticsGroupResolvers,
  UpsertEntityResult: upsertEntityResultResolvers,
  BigInt: bigIntScalar,
  ConsistencyToken: consistencyTokenScalar,
  DateTime: dateTimeScalar,
  JSON: jsonScalar,
} satisfies Resolvers;
