import type { CodegenConfig } from '@graphql-codegen/cli';

const from = (path: string, name: string): string => `../${path}.ts#${name}`;

const config: CodegenConfig = {
  schema: 'schema/*.graphql',
  generates: {
    'src/generated/resolver-types.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        federation: true,
        strictScalars: true,
        enumsAsTypes: true,
        immutableTypes: true,
        useTypeImports: true,
        noSchemaStitching: true,
        contextType: from('resolvers/request-context', 'RequestContext'),
        scalars: {
          _FieldSet: 'string',
          BigInt: 'bigint',
          ConsistencyToken: 'string',
          DateTime: 'Date',
          ID: 'string',
          JSON: from('lib/canonical-json', 'JsonValue'),
        },
        mappers: {
          Attribute: from('resolvers/entity/attribute', 'AttributeNode'),
          TextAttribute: from('resolvers/entity/attribute', 'AttributeNode'),
          NumberAttribute: from('resolvers/entity/attribute', 'AttributeNode'),
          BooleanAttribute: from('resolvers/entity/attribute', 'AttributeNode'),
          TimestampAttribute: from('resolvers/entity/attribute', 'AttributeNode'),
          JsonAttribute: from('resolvers/entity/attribute', 'AttributeNode'),
          ReferenceAttribute: from('resolvers/entity/attribute', 'AttributeNode'),
          TextListAttribute: from('resolvers/entity/attribute', 'AttributeNode'),
          NumberListAttribute: from('resolvers/entity/attribute', 'AttributeNode'),
          Analytics: from('resolvers/analytics/analytics', 'AnalyticsNode'),
          AttributeDefinition: from('domain/catalog/attribute', 'AttributeDefinition as AttributeDefinitionNode'),
          AttributeRules: from('domain/catalog/attribute', 'AttributeRules as AttributeRulesNode'),
          Entity: from('resolvers/entity/entity', 'EntityNode'),
          EntityChange: from('resolvers/history/entity-change', 'EntityChangeNode'),
          EntityChangedEvent: from('feeds/change-selection', 'ChangeEvent'),
          EntityConnection: from('paging/entity-page', 'EntityPage'),
          Erasure: from('resolvers/erasure/erasure', 'ErasureNode'),
          PageInfo: from('paging/page-info', 'PageInfo as PageInfoNode'),
          ReadFreshness: from('freshness/freshness', 'ReadFreshness as ReadFreshnessNode'),
          SearchConnection: from('paging/search-page', 'SearchPage'),
          StatisticsGroup: from('datasources/questions/statistics', 'GroupSummary as StatisticsGroupNode'),
          UpsertEntityResult: from('resolvers/entity/upsert-entity-result', 'UpsertEntityResultNode'),
        },
      },
    },
  },
};

export default config;
