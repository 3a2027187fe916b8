import type { CurrentDefinitions } from '../../src/datasources/postgres/writing/shard-entity-writer.ts';

/** For writers whose definitions never change. */
export const FIXED_DEFINITIONS: CurrentDefinitions = {
  revision: Number.MAX_SAFE_INTEGER,
  byId: () => undefined,
  refresh: async () => {},
};
