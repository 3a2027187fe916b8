import { graphql } from './generated/gql.ts';

export const UserFields = graphql(`
  fragment UserFields on Entity {
    id
    version
    name
    status
    country
    score
    lastSeen
    updatedAt
  }
`);

export const Users = graphql(`
  query Users($where: EntityWhere, $first: Int!) {
    entities(type: "user", where: $where, orderBy: [{ attribute: "score", direction: DESC }], first: $first) {
      totalCount
      edges {
        node {
          ...UserFields
        }
      }
    }
  }
`);

export const UserById = graphql(`
  query UserById($id: ID!) {
    entity(id: $id) {
      ...UserFields
    }
  }
`);

export const Facets = graphql(`
  query Facets($where: EntityWhere) {
    analytics {
      facets(attributes: ["status", "country"], type: "user", where: $where, first: 8) {
        facets {
          attribute
          values {
            value
            count
          }
        }
      }
    }
  }
`);

export const SaveUser = graphql(`
  mutation SaveUser($input: UpsertEntityInput!) {
    upsertEntity(input: $input) {
      entity {
        ...UserFields
      }
    }
  }
`);
