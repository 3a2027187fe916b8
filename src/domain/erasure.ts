import type { EntityId, ShardId, TenantId } from './identifiers.ts';

/** What one shard says of one erasure: of an entity, or of everything of a tenant. */
export interface Erasure {
  readonly shard: ShardId;
  /** Unique within the shard. */
  readonly id: bigint;
  readonly tenantId: TenantId;
  /** Null: everything of the tenant. */
  readonly entityId: EntityId | null;
  readonly requestedAt: Date;
  readonly subject: string | null;
  /** What was removed from the shard. */
  readonly entities: number;
  readonly attributeRows: number;
  /** False while the shard itself still has rows: the erasure was interrupted, and can be continued. */
  readonly isGoneFromShard: boolean;
  /** Rows that were removed from ClickHouse, with all their versions. */
  readonly clickhouseRows: number;
  /** When no statement found it in ClickHouse any more; null: not yet. */
  readonly removedAt: Date | null;
  /** When the last of ClickHouse's files with it was gone; null: not yet. Without ClickHouse, when it was gone from the shard. */
  readonly completedAt: Date | null;
}

/** What an erasure cannot reach, and how it goes away. For people. */
export const ERASURE_REMAINS: readonly string[] = [
  'Postgres: dead rows in the data files of each primary until VACUUM, and of its replicas until they have replayed it. Autovacuum does it; "VACUUM atlas.entity, atlas.entity_attribute, atlas.entity_element" does it now.',
  'Postgres: in the index on trigrams, sequences of three characters that no text has any more, without saying whose they were.',
  'Postgres: the write-ahead log, until its files are recycled; where it is archived, as long as the archive keeps them.',
  'Backups of Postgres and ClickHouse that were made before. After one is restored, erase again.',
  'Copies of files of the archive of the history, and in a bucket that keeps versions, those that were replaced or removed, until they are removed there.',
  'The audit: who changed an entity and when, with its id and versions, without values; as long as ATLAS_AUDIT_RETENTION_DAYS says.',
  'Logs of Postgres, ClickHouse and whatever is in front of Atlas, as far as they contain statements or requests.',
];
