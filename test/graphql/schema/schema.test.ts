import { composeServices } from '@apollo/composition';
import { printSubgraphSchema } from '@apollo/subgraph';
import { type DocumentNode, Kind, parse, printType, visit } from 'graphql';
import { describe, expect, it } from 'vitest';
import { ENTITY_FIELDS } from '../../../src/domain/catalog/exposed-field.ts';
import { buildBaseSchema, buildSchema } from '../../../src/graphql/schema/build-schema.ts';
import type { ExposedAttribute } from '../../../src/graphql/schema/exposed-attributes.ts';
import { loadSdl } from '../../../src/graphql/schema/load-sdl.ts';
import { printSubgraphSdl } from '../../../src/graphql/schema/print-subgraph-sdl.ts';
import { withoutAuthorization } from '../../../src/graphql/schema/without-authorization.ts';
import { COMPOSERS } from '../../federation/compose-supergraph.ts';

const BASE = buildBaseSchema(loadSdl());

const lastSeen: ExposedAttribute = {
  key: 'last_seen',
  type: 'TIMESTAMP',
  description: 'When the user was here last.',
  fieldName: 'lastSeen',
  isKey: false,
  access: {},
  filterable: true,
};

/** `Type.field(argument)` of every element that has no description. */
function undescribed(document: DocumentNode): string[] {
  const path: string[] = [];
  const missing: string[] = [];
  visit(document, {
    enter(node) {
      if (!('name' in node) || node.name === undefined || !node.kind.endsWith('Definition')) return;
      path.push(node.name.value);
      if (!('description' in node) || node.description === undefined) missing.push(path.join('.'));
    },
    leave(node) {
      if ('name' in node && node.name !== undefined && node.kind.endsWith('Definition')) path.pop();
    },
  });
  return missing;
}

describe('the schema', () => {
  it('describes every type, field, argument, enum value and directive', () => {
    expect(undescribed(loadSdl())).toEqual([]);
  });

  it('composes as the only subgraph', () => {
    const { errors } = composeServices([
      { name: 'atlas', url: 'http://atlas', typeDefs: parse(printSubgraphSdl(null)) },
    ]);
    expect(errors ?? []).toEqual([]);
  });

  it('keeps the executable directive @freshness if it is the only subgraph', () => {
    const { supergraphSdl } = composeServices([
      { name: 'atlas', url: 'http://atlas', typeDefs: parse(printSubgraphSdl(null)) },
    ]);
    expect(supergraphSdl).toContain('directive @freshness');
  });

  it.each(Object.entries(COMPOSERS))('passes the roles that fields need to gateways by %s', (_name, compose) => {
    const urls = { atlas: 'http://atlas', reviews: 'http://reviews' };
    const sdl = printSubgraphSdl(null);
    const supergraph = compose(sdl, urls);
    expect(supergraph).toMatch(/\): DeleteEntityPayload!.* @requiresScopes\(scopes: \[\["atlas:write"\]\]\)/);
    expect(supergraph).toMatch(/replication: ReplicationStatus!.* @authenticated/);
    const open = compose(withoutAuthorization(sdl), urls);
    expect(open).not.toMatch(/for: SECURITY|@requiresScopes|@authenticated|@policy/);
    expect(open).toContain('@cost(weight: 100)');
  });

  it.each(Object.entries(COMPOSERS))('passes who may read a typed field to gateways by %s', (_name, compose) => {
    const restricted = { ...lastSeen, access: { read: ['hr', 'payroll'] } };
    const sdl = printSubgraphSchema(buildSchema(BASE, [restricted]));
    const policy = /lastSeen: DateTime.* @policy\(policies: \[\["hr"\], \["payroll"\]\]\)/;
    expect(sdl).toMatch(policy);
    expect(compose(sdl, { atlas: 'http://atlas', reviews: 'http://reviews' })).toMatch(policy);
  });

  it('refuses the names of all fields of Entity to exposed attributes', () => {
    const entity = loadSdl().definitions.find(
      (node) => node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value === 'Entity',
    );
    const names = entity?.kind === Kind.OBJECT_TYPE_DEFINITION ? entity.fields?.map(({ name }) => name.value) : [];
    expect(new Set(names)).toEqual(ENTITY_FIELDS);
  });

  it('has a typed field with the definition’s description for an exposed attribute', () => {
    const entity = buildSchema(BASE, [lastSeen]).getType('Entity');
    expect(entity && printType(entity)).toContain('"""When the user was here last."""\n  lastSeen: DateTime\n');
  });

  it('has a typed filter for an exposed attribute that is filterable, and not called as a combinator', () => {
    const others = [
      { ...lastSeen, key: 'note', fieldName: 'note', filterable: false },
      { ...lastSeen, key: 'not', fieldName: 'not' },
    ];
    const schema = buildSchema(BASE, [lastSeen, ...others]);
    const [where, condition] = ['EntityWhere', 'TimestampCondition'].map((name) => schema.getType(name));
    expect(where && printType(where)).toContain(
      '"""Condition on the attribute `last_seen`."""\n  lastSeen: TimestampCondition\n',
    );
    expect(where && printType(where)).not.toContain('note:');
    expect(where && printType(where)).toContain('  not: EntityWhere\n');
    expect(condition && printType(condition)).toMatch(/ eq: DateTime\n[\s\S]* exists: Boolean\n/);
    expect(schema.getType('TextCondition')).toBeUndefined();
  });

  it('describes typed fields and typed filters', () => {
    expect(undescribed(parse(printSubgraphSchema(buildSchema(BASE, [lastSeen]))))).toEqual([]);
  });

  it.each(Object.entries(COMPOSERS))(
    'composes with a neighbour that requires a typed field by %s',
    (_name, compose) => {
      const sdl = printSubgraphSchema(
        buildSchema(BASE, [{ ...lastSeen, key: 'name', type: 'TEXT', fieldName: 'name' }]),
      );
      const urls = { atlas: 'http://atlas', reviews: 'http://reviews', greetings: 'http://greetings' };
      expect(compose(sdl, urls)).toMatch(/greeting: String! @join__field\(graph: GREETINGS, requires: "name"\)/);
    },
  );

  it('prints the root types in one piece', () => {
    expect(printSubgraphSdl(null).match(/type Query\b/g)).toHaveLength(1);
  });
});
