import { ALL_HOT_COLUMNS, type HotColumn } from '../domain/catalog/attribute.ts';

/** The columns of atlas.entity that are never null. */
const REQUIRED_COLUMNS = [
  'tenant_id',
  'entity_id',
  'type',
  'version',
  'created_at',
  'updated_at',
  'attributes',
  'attribute_updated_at',
] as const;

/** The columns of an EntityTuple. */
export const TUPLE_COLUMNS: readonly string[] = [...REQUIRED_COLUMNS, ...ALL_HOT_COLUMNS];

/**
 * A row of atlas.entity. Every column is text, so that parsing and printing lose nothing: numbers in decimal, booleans
 * as `t` or `f`, timestamps as timestamp-text.ts reads them, JSON as Postgres prints jsonb.
 */
export type EntityTuple = Readonly<Record<(typeof REQUIRED_COLUMNS)[number], string>> &
  Readonly<Record<HotColumn, string | null>>;

/** The columns of atlas.audit. */
const AUDIT_COLUMNS = [
  'tenant_id',
  'at',
  'audit_id',
  'subject',
  'operation',
  'entity_id',
  'attribute_id',
  'old_version',
  'new_version',
] as const;

/** The columns of an AuditTuple. */
export const AUDIT_TUPLE_COLUMNS: readonly string[] = AUDIT_COLUMNS;

type RequiredAuditColumn = 'tenant_id' | 'at' | 'audit_id' | 'operation';

/** A row of atlas.audit, as text like an EntityTuple. */
export type AuditTuple = Readonly<Record<RequiredAuditColumn, string>> &
  Readonly<Record<Exclude<(typeof AUDIT_COLUMNS)[number], RequiredAuditColumn>, string | null>>;

/**
 * Orders the changes of one entity: the highest wins, in whatever order and however often they arrive. Only changeVersion makes
 * one, and nothing looks inside.
 */
export type ChangeVersion = bigint & { readonly [VERSION]: true };
declare const VERSION: unique symbol;

/** Changes of one transaction, at most. Together with 64 bits of position, 24 of a sink's 128 bits remain. */
const ORDINAL_BITS = 40n;

/**
 * Transactions that change one entity wait for each other's locks until the commit, so the order of their commits is that of its
 * changes.
 * @param commitLsn where the transaction's commit is in the WAL.
 * @param ordinal grows with each change of the transaction, the same at every delivery.
 */
export function changeVersion(commitLsn: bigint, ordinal: number): ChangeVersion {
  return ((commitLsn << ORDINAL_BITS) | BigInt(ordinal)) as ChangeVersion;
}

interface CommittedChange {
  /**
   * Where the commit of the change's transaction is in the shard's WAL: the change is covered by a SinkPosition with a greater lsn.
   * A row of a copy has one that lies before every commit that follows the copy.
   */
  readonly lsn: bigint;
  readonly version: ChangeVersion;
}

/** A change of one entity. Its tenant and id never change: an entity that gets another key is a delete and an upsert. */
export type EntityChange = CommittedChange &
  (
    | {
        readonly kind: 'upsert';
        readonly row: EntityTuple;
        /** The row before the change; null: the sink has no row of this entity that is visible. */
        readonly previous: EntityTuple | null;
      }
    | {
        readonly kind: 'delete';
        /** The row that was deleted. */
        readonly row: EntityTuple;
      }
  );

/** A write that the audit has recorded. It never changes, and is identified by its shard, its id and its time. */
export interface AuditChange {
  readonly kind: 'audit';
  /** As that of an EntityChange. */
  readonly lsn: bigint;
  readonly row: AuditTuple;
}

/** What a sink stores. */
export type RowChange = EntityChange | AuditChange;

export type Change =
  | RowChange
  /** What follows is to be understood with attribute definitions of at least this revision of the catalog. */
  | { readonly kind: 'catalog'; readonly revision: number }
  /** Every transaction that the primary acknowledged before `at` has been delivered once the next commit is. */
  | {
      readonly kind: 'heartbeat';
      /** Milliseconds since the epoch on the primary's clock, with fractions. */
      readonly at: number;
    }
  /** Every transaction that committed before `lsn` has been delivered. */
  | {
      readonly kind: 'commit';
      readonly lsn: bigint;
      /** Called once the sink and its position have everything up to here, which the source may then forget. */
      readonly acknowledge: () => void;
    };

/** How far the sink has come with a shard. */
export interface SinkPosition {
  /** Identifies the copy of the shard that the changes follow. A newer copy has a larger id. */
  readonly copyId: bigint;
  /** Every transaction that committed before it is in the sink. */
  readonly lsn: bigint;
  /** The newest heartbeat among them, in milliseconds since the epoch on the primary's clock; null: none yet. */
  readonly heartbeatAt: number | null;
}
