import type { FieldNode } from 'graphql';

/** `Query.analytics` reads nothing; a directive on it holds for the fields inside. */
export interface AnalyticsNode {
  readonly selectedBy: readonly FieldNode[];
}
