import { type Answer, execute } from './execute.ts';
import { graphql } from './generated/gql.ts';
import type { BestUsersQuery } from './generated/graphql.ts';

const BestUsers = graphql(`
  query BestUsers($country: String!, $above: Float!, $first: Int!, $after: String) {
    entities(
      type: "user"
      filter: {
        attributes: [
          { key: "status", text: { eq: "active" } }
          { key: "country", text: { eq: $country } }
          { key: "score", number: { gt: $above } }
        ]
      }
      orderBy: [{ attribute: "score", direction: DESC }]
      first: $first
      after: $after
    ) {
      edges {
        node {
          id
          name
          score
          lastSeen
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
      freshness {
        source
        lagMs
        stale
      }
    }
  }
`);

/** One page of the active users of a country with a score above `page.above`, highest score first. */
export function bestUsers(
  url: string,
  page: { country: string; above: number; first: number; after?: string },
): Promise<Answer<BestUsersQuery>> {
  return execute(url, BestUsers, { ...page, after: page.after ?? null });
}
