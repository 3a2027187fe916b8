import type { TenantId } from '../domain/identifiers.ts';

/** How far an import has come. Rows are counted from 1. */
export interface ImportCheckpoint {
  /** All rows up to this one have their outcome. */
  readonly rows: number;
  /** Those of them that were not written, because the store refused them. */
  readonly refused: readonly number[];
}

export interface StoredCheckpoint extends ImportCheckpoint {
  readonly writtenAt: Date;
}

/** Keeps the checkpoints of imports that are not over. An import is identified by a digest of all that decides what its rows become. */
export interface ImportCheckpoints {
  /** What is true of every shard; null if nothing is. @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT */
  read(tenantId: TenantId, id: string): Promise<StoredCheckpoint | null>;
  /** Call it after the rows have their outcome. @throws as `read`. */
  write(tenantId: TenantId, id: string, checkpoint: ImportCheckpoint): Promise<void>;
  /** @throws as `read`. */
  remove(tenantId: TenantId, id: string): Promise<void>;
}
