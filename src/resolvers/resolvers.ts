import type { Resolvers } from '../generated/resolver-types.ts';
import { analyticsResolvers } from './analytics.ts';
import {
  attributeResolvers,
  booleanAttributeResolvers,
  jsonAttributeResolvers,
  numberAttributeResolvers,
  textAttributeResolvers,
  timestampAttributeResolvers,
} from './attribute.ts';
import { attributeDefinitionResolvers } from './attribute-definition.ts';
import { attributeRulesResolvers } from './attribute-rules.ts';
import { bigIntScalar } from './big-int.ts';
import { consistencyTokenScalar } from './consistency-token.ts';
import { dateTimeScalar } from './date-time.ts';
import { entityResolvers } from './entity.ts';
import { entityConnectionResolvers } from './entity-connection.ts';
import { jsonScalar } from './json.ts';
import { mutationResolvers } from './mutation.ts';
import { queryResolvers } from './query.ts';
import { readFreshnessResolvers } from './read-freshness.ts';
import { upsertEntityResultResolvers } from './upsert-entity-result.ts';

/** One per type of the schema whose fields are not simply the members of what its parent returned. */
export const resolvers = {
  Query: queryResolvers,
  Mutation: mutationResolvers,
  Analytics: analyticsResolvers,
  Attribute: attributeResolvers,
  TextAttribute: textAttributeResolvers,
  NumberAttribute: numberAttributeResolvers,
  BooleanAttribute: booleanAttributeResolvers,
  TimestampAttribute: timestampAttributeResolvers,
  JsonAttribute: jsonAttributeResolvers,
  AttributeDefinition: attributeDefinitionResolvers,
  AttributeRules: attributeRulesResolvers,
  Entity: entityResolvers,
  EntityConnection: entityConnectionResolvers,
  ReadFreshness: readFreshnessResolvers,
  UpsertEntityResult: upsertEntityResultResolvers,
  BigInt: bigIntScalar,
  ConsistencyToken: consistencyTokenScalar,
  DateTime: dateTimeScalar,
  JSON: jsonScalar,
} satisfies Resolvers;
