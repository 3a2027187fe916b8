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
          Attribute: from('resolvers/attribute', 'AttributeNode'),
          TextAttribute: from('resolvers/attribute', 'AttributeNode'),
          NumberAttribute: from('resolvers/attribute', 'AttributeNode'),
          BooleanAttribute: from('resolvers/attribute', 'AttributeNode'),
          TimestampAttribute: from('resolvers/attribute', 'AttributeNode'),
          JsonAttribute: from('resolvers/attribute', 'AttributeNode'),
          Analytics: from('resolvers/analytics', 'AnalyticsNode'),
          AttributeDefinition: from('domain/catalog/attribute', 'AttributeDefinition as AttributeDefinitionNode'),
          AttributeRules: from('domain/catalog/attribute', 'AttributeRules as AttributeRulesNode'),
          Entity: from('resolvers/entity', 'EntityNode'),
          EntityConnection: from('paging/entity-page', 'EntityPage'),
          PageInfo: from('paging/page-info', 'PageInfo as PageInfoNode'),
          ReadFreshness: from('freshness/freshness', 'ReadFreshness as ReadFreshnessNode'),
          UpsertEntityResult: from('resolvers/upsert-entity-result', 'UpsertEntityResultNode'),
        },
      },
    },
  },
};

export default config;
