export { GraphQLJSON as jsonScalar } from 'graphql-scalars';
