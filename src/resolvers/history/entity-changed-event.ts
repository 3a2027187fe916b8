import type { EntityChangedEventResolvers } from '../../generated/resolver-types.ts';
import { cursorAt } from './changes.ts';

export const entityChangedEventResolvers: EntityChangedEventResolvers = {
  change: ({ record }) => ({ record, shown: null }),
  matches: ({ matches }) => matches,
  cursor: ({ seen }, _given, context) => cursorAt(seen, context),
  freshness: ({ freshness }) => freshness,
};
