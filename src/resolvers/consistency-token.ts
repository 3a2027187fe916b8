import { GraphQLScalarType, GraphQLString } from 'graphql';

/** Its text is read where it is used, since only the request knows which installation's tokens are accepted. */
export const consistencyTokenScalar = new GraphQLScalarType<string, string>({
  ...GraphQLString.toConfig(),
  name: 'ConsistencyToken',
});
