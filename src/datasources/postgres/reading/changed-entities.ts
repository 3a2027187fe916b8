import { horizonSlot } from '../../../watermarks/horizon.ts';
import { walBytes } from '../../../watermarks/wal-position.ts';
import type { ChangedEntities } from '../../changed-entities.ts';
import type { PostgresDialect } from './postgres-dialect.ts';

/** A heartbeat, and how many entities may have changed since. */
export interface ChangedSince {
  /** In milliseconds since the epoch on the primary's clock, with its microseconds. */
  readonly heartbeatAt: number;
  readonly most: number;
}

/** Rows of the audit that are read at most for each entity that may have changed. */
const ROWS_PER_ENTITY = 4;

/**
 * Common table expressions. `changed` has one row. Its `ids` are null if they are too many, or not known:
 * - The heartbeat is not among the last ones in the history of this server.
 * - A statement that was not ours has changed entities of any tenant, or the tenant is being erased; the audit does not name those.
 *
 * Otherwise they contain every entity that has been changed by a transaction that the snapshot shows, and that had not ended when the heartbeat
 * was written: each has a row of atlas.audit that the same transaction has written.
 */
export function changedEntities({ heartbeatAt, most }: ChangedSince, { values, tenant }: PostgresDialect): string[] {
  const rows = `tenant_id = ${tenant} AND transaction_id >= (SELECT oldest FROM horizon)`;
  const heartbeat = values.bind(Math.round(heartbeatAt * 1_000), 'bigint');
  const limit = values.bind(ROWS_PER_ENTITY * most, 'integer');
  return [
    `horizon AS MATERIALIZED (
  SELECT oldest, lsn FROM atlas.horizon
  WHERE slot = ${horizonSlot(heartbeat)} AND heartbeat = ${heartbeat}
    AND system_id = (SELECT system_identifier FROM pg_control_system())
    AND NOT EXISTS (SELECT FROM atlas.unlisted_change u WHERE u.transaction_id >= oldest)
    AND NOT EXISTS (SELECT FROM atlas.erasure WHERE tenant_id = ${tenant} AND entity_id IS NULL AND position IS NULL)
)`,
    `changed AS MATERIALIZED (
  SELECT CASE WHEN count(*) <= ${limit} AND count(DISTINCT entity_id) <= ${values.bind(most, 'integer')}
      AND count(*) FILTER (WHERE operation = 'ERASE_TENANT') = 0 AND EXISTS (SELECT FROM horizon)
    THEN coalesce(array_agg(DISTINCT entity_id) FILTER (WHERE entity_id IS NOT NULL), '{}') END AS ids
  FROM (SELECT entity_id, operation FROM atlas.audit WHERE ${rows} LIMIT ${limit} + 1) a
)`,
  ];
}

/** A condition on `e`. */
export const IS_CHANGED = 'e.entity_id = ANY((SELECT ids FROM changed)::bigint[])';

/** Beside the watermark. */
export const CHANGED_COLUMNS: Readonly<Record<keyof ChangedColumns, string>> = {
  changed_ids: '(SELECT ids FROM changed)',
  horizon_lsn: `(SELECT ${walBytes('lsn')} FROM horizon)`,
};

export interface ChangedColumns {
  readonly changed_ids: readonly string[] | null;
  readonly horizon_lsn: string | null;
}

/** Null if they are too many, or not known. */
export function changedOf({ changed_ids: ids, horizon_lsn: position }: ChangedColumns): ChangedEntities | null {
  return ids === null || position === null ? null : { ids, position: BigInt(position) };
}
