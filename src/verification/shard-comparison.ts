import type { ClickHouseDatabase } from '../connections/clickhouse/clickhouse-database.ts';
import type { PostgresDatabase } from '../connections/postgres/postgres-database.ts';
import type { AttributeLookup } from '../domain/catalog/attribute.ts';
import type { ValueForm } from './checked-columns.ts';
import type { ChunkLimits } from './postgres-chunk.ts';

/** The two ends of a comparison of one shard. */
export interface ComparedShard {
  /** The server that is compared: a replica, or the primary if there is none. */
  readonly server: PostgresDatabase;
  /** Asked for the end of its WAL only; may be the same server. */
  readonly primary: PostgresDatabase;
  readonly clickhouse: ClickHouseDatabase;
}

export interface ComparisonOptions {
  readonly limits: ChunkLimits;
  /** How long ClickHouse may take to reach the position of Postgres. */
  readonly waitMs: number;
  /** What is told of different values. */
  readonly form: ValueForm;
  /** Which attributes of an entity are JSON: a repair of its row needs to know. */
  readonly attributes: AttributeLookup;
  /** Write what differs to ClickHouse anew. */
  readonly repair: boolean;
}
