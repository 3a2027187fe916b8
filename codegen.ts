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
          Attribute: from('resolvers/attribute-node', 'AttributeNode'),
          TextAttribute: from('resolvers/attribute-node', 'AttributeNode'),
          NumberAttribute: from('resolvers/attribute-node', 'AttributeNode'),
          BooleanAttribute: from('resolvers/attribute-node', 'AttributeNode'),
          TimestampAttribute: from('resolvers/attribute-node', 'AttributeNode'),
          JsonAttribute: from('resolvers/attribute-node', 'AttributeNode'),
          Analytics: from('resolvers/analytics', 'AnalyticsNode'),
          AttributeDefinition: from('domain/catalog/attribute', 'AttributeDefinition as AttributeDefinitionNode'),
          AttributeRules: from('domain/catalog/attribute', 'AttributeRules as AttributeRulesNode'),
          Entity: from('resolvers/entity-node', 'EntityNode'),
          EntityConnection: from('paging/entity-page', 'EntityPage'),
          PageInfo: from('paging/page-info', 'PageInfo as PageInfoNode'),
          ReadFreshness: from('freshness/freshness', 'ReadFreshness as ReadFreshnessNode'),
          UpsertEntityResult: from('resolvers/upsert-entities', 'RowResult'),
        },
      },
    },
  },
};

export default config;
