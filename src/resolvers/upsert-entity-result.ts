import type { UpsertEntityResultResolvers } from '../generated/resolver-types.ts';

export const upsertEntityResultResolvers: UpsertEntityResultResolvers = {
  entity: (row) => ('entity' in row ? row.entity : null),
  error: (row) => ('error' in row ? { code: row.error.code, message: row.error.message } : null),
};
