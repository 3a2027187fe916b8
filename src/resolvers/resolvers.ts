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
import { entityResolvers } from './entity.ts';
import { entityConnectionResolvers } from './entity-connection.ts';
import { mutationResolvers } from './mutation.ts';
import { queryResolvers } from './query.ts';
import { readFreshnessResolvers } from './read-freshness.ts';
import { bigIntScalar, consistencyTokenScalar, dateTimeScalar, jsonScalar } from './scalars.ts';
import { upsertEntityResultResolvers } from './upsert-entity-result.ts';

/** The resolvers of every type whose fields are not simply the members of its parent's result. */
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
