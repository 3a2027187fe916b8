import { composeServices as composeWithApollo } from '@apollo/composition';
import { printSubgraphSchema } from '@apollo/subgraph';
import { composeServices as composeWithGuild } from '@theguild/federation-composition';
import { type ObjectTypeDefinitionNode, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildBaseSchema, buildSchema } from '../../src/graphql/schema/build-schema.ts';
import { loadSdl } from '../../src/graphql/schema/load-sdl.ts';
import { ask } from '../graphql/support/ask.ts';
import { protocolHandler } from '../graphql/support/protocol-handler.ts';

/** Atlas' SDL with a typed field that all tenants share. */
const ATLAS = printSubgraphSchema(
  buildSchema(buildBaseSchema(loadSdl()), [
    { key: 'name', type: 'TEXT', description: null, fieldName: 'name', access: {}, filterable: true, isKey: false },
    { key: 'sku', type: 'TEXT', description: null, fieldName: 'sku', access: {}, filterable: true, isKey: true },
    {
      key: 'maker',
      type: 'REFERENCE',
      description: null,
      fieldName: 'maker',
      access: {},
      filterable: true,
      isKey: false,
    },
  ]),
);

const COMPOSERS = { '@apollo/composition': composeWithApollo, '@theguild/federation-composition': composeWithGuild };

function compose(composer: keyof typeof COMPOSERS, neighbour: string): { errors: string[]; supergraph: string } {
  const { errors, supergraphSdl = '' } = COMPOSERS[composer]([
    { name: 'atlas', url: 'http://atlas', typeDefs: parse(ATLAS) },
    { name: 'neighbour', url: 'http://neighbour', typeDefs: parse(neighbour) },
  ]);
  return { errors: (errors ?? []).map(({ message }) => message), supergraph: supergraphSdl };
}

/** The type Entity of the supergraph, on one line for each field. */
function entityOf(supergraph: string): string {
  const entity = parse(supergraph).definitions.find(
    (definition): definition is ObjectTypeDefinitionNode =>
      definition.kind === 'ObjectTypeDefinition' && definition.name.value === 'Entity',
  );
  return entity?.loc === undefined ? '' : supergraph.slice(entity.loc.start, entity.loc.end);
}

function neighbour(imports: string, types: string): string {
  return `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: [${imports}])\n${types}`;
}

/** What a neighbour of Atlas may declare, and what the supergraph says then. */
const DECLARATIONS = [
  [
    '@key with resolvable: false',
    neighbour('"@key"', 'type Query { about: Entity } type Entity @key(fields: "id", resolvable: false) { id: ID! }'),
    /@join__type\(graph: NEIGHBOUR, key: "id", resolvable: false\)/,
  ],
  [
    'a reference by type and key',
    neighbour(
      '"@key"',
      'type Query { ordered: Entity } type Entity @key(fields: "type sku", resolvable: false) { type: String! sku: String }',
    ),
    /@join__type\(graph: ATLAS, key: "type sku"\)[\s\S]*maker: Entity/,
  ],
  [
    '@external and @requires',
    neighbour(
      '"@key", "@external", "@requires"',
      'type Entity @key(fields: "id") { id: ID! name: String @external greeting: String @requires(fields: "name") }',
    ),
    /greeting: String @join__field\(graph: NEIGHBOUR, requires: "name"\)/,
  ],
  [
    '@override of a typed field',
    neighbour(
      '"@key", "@override"',
      'type Entity @key(fields: "id") { id: ID! name: String @override(from: "atlas") }',
    ),
    /name: String.*@join__field\(graph: NEIGHBOUR, override: "atlas"/,
  ],
  [
    '@extends',
    neighbour(
      '"@key", "@extends", "@external"',
      'type Entity @key(fields: "id") @extends { id: ID! @external rating: Float }',
    ),
    /rating: Float @join__field\(graph: NEIGHBOUR\)/,
  ],
  [
    '@tag and @inaccessible on a field of its own',
    neighbour(
      '"@key", "@tag", "@inaccessible"',
      'type Entity @key(fields: "id") { id: ID! secret: String @inaccessible @tag(name: "internal") }',
    ),
    /secret: String.*@inaccessible.*@tag\(name: "internal"\)|secret: String.*@tag\(name: "internal"\).*@inaccessible/,
  ],
] as const;

describe.each(Object.keys(COMPOSERS) as (keyof typeof COMPOSERS)[])(
  'a neighbour of Atlas, composed by %s',
  (composer) => {
    it.each(DECLARATIONS)('may declare %s', (_feature, sdl, expected) => {
      const { errors, supergraph } = compose(composer, sdl);
      expect(errors).toEqual([]);
      expect(entityOf(supergraph)).toMatch(expected);
    });

    it('may not resolve a field of Atlas, with @provides or without', () => {
      const provides = neighbour(
        '"@key", "@external", "@provides"',
        'type Query { author: Entity @provides(fields: "name") } type Entity @key(fields: "id") { id: ID! name: String @external }',
      );
      // The other composer does not look at @provides here.
      if (composer === '@apollo/composition')
        expect(compose(composer, provides).errors.join()).toContain('Entity.name');
      const own = neighbour('"@key"', 'scalar BigInt type Entity @key(fields: "id") { id: ID! version: BigInt! }');
      expect(compose(composer, own).errors.join()).toContain('Entity.version');
    });
  },
);

it('sends no ftv1 trace, also if a gateway asks for it', async () => {
  const { data, extensions } = await ask(protocolHandler(), '{ __typename }', {
    headers: { 'apollo-federation-include-trace': 'ftv1' },
  });
  expect([data, extensions.ftv1]).toEqual([{ __typename: 'Query' }, undefined]);
});
