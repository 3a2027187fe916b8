import { buildSubgraphSchema } from '@apollo/subgraph';
import { concatAST, type DocumentNode, type GraphQLSchema } from 'graphql';
import { AtlasError } from '../../domain/errors.ts';
import type { RequestContext } from '../../resolvers/request-context.ts';
import { resolvers } from '../../resolvers/resolvers.ts';
import { typedFieldResolver } from '../../resolvers/typed-field.ts';
import type { ExposedAttribute } from './exposed-attributes.ts';
import { foldExtensions } from './fold-extensions.ts';
import { typedFieldsSdl } from './typed-fields.ts';

/** An executable subgraph schema: the fixed SDL and a typed field of Entity per exposed attribute. */
export function buildSchema(sdl: DocumentNode, exposed: readonly ExposedAttribute[]): GraphQLSchema {
  const typedFields = Object.fromEntries(
    exposed.map(({ key, type, fieldName }) => [fieldName, typedFieldResolver(key, type)]),
  );
  const typeDefs = foldExtensions(concatAST([sdl, typedFieldsSdl(exposed)]));
  const schema = buildSubgraphSchema([
    { typeDefs, resolvers: { ...resolvers, Entity: { ...resolvers.Entity, ...typedFields } } },
  ]);
  limitRepresentations(schema);
  return schema;
}

/** Checks a whole `_entities` call before any of its representations is looked up. */
function limitRepresentations(schema: GraphQLSchema): void {
  const entities = schema.getQueryType()?.getFields()._entities;
  const resolve = entities?.resolve;
  if (entities === undefined || resolve === undefined) throw new Error('The subgraph schema has no _entities');
  entities.resolve = (source, args: { representations: { __typename?: unknown }[] }, context: RequestContext, info) => {
    const { representations } = args;
    const limit = context.settings.ATLAS_MAX_REPRESENTATIONS;
    if (representations.length > limit) {
      throw new AtlasError(
        'LIMIT_EXCEEDED',
        `_entities was given ${representations.length} representations: at most ${limit} are allowed.`,
      );
    }
    if (representations.some((representation) => representation?.__typename !== 'Entity')) {
      throw new AtlasError('BAD_USER_INPUT', 'Every representation needs the __typename "Entity": there is no other.');
    }
    return resolve(source, args, context, info);
  };
}
