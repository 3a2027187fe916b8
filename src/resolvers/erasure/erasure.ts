import { ERASURE_REMAINS, type Erasure } from '../../domain/erasure.ts';
import type { ErasureResolvers } from '../../generated/resolver-types.ts';

/** The erasure of one entity. */
export type ErasureNode = Erasure;

export const erasureResolvers: ErasureResolvers = {
  id: ({ id }) => String(id),
  entityId: ({ entityId }) => entityId ?? '',
  clickhouseRows: ({ clickhouseRows }) => BigInt(clickhouseRows),
  remains: () => ERASURE_REMAINS,
};
