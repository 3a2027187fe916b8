import type { ShardId } from '../../../domain/identifiers.ts';
import { canonicalJson } from '../../../lib/canonical-json.ts';
import type { AuditChange, EntityTuple } from '../../change.ts';
import { timestampMs } from '../../timestamp-text.ts';
import { field, quotedField } from './row-buffer.ts';
import type { TupleAttributes } from './tuple-attributes.ts';

/** The columns of ClickHouse's table `entity_change`, in the order of changeFields with changeLine, and of erasureLine. */
export const CHANGE_LINE_COLUMNS = [
  ...['tenant_id', 'entity_id', 'created_at', 'version', 'operation', 'lsn', 'shard', 'type', 'previous_at'],
  ...['attribute_ids', 'before', 'before_at', 'after', 'at', 'subject'],
];

export interface ChangeValues {
  readonly operation: 'CREATED' | 'UPDATED' | 'DELETED';
  /** Of a deletion, the row that was deleted. */
  readonly row: EntityTuple;
  /** The row before the change; null of a creation. */
  readonly previous: EntityTuple | null;
  readonly lsn: bigint;
  readonly before: TupleAttributes;
  readonly after: TupleAttributes;
}

/** A row of `entity_change` without its time and subject. */
export function changeFields(change: ChangeValues, shard: ShardId): string {
  const { operation, row, previous, lsn, before, after } = change;
  const setAt: Readonly<Record<string, number>> = previous === null ? {} : JSON.parse(previous.attribute_updated_at);
  const ids: string[] = [];
  const [old, oldAt, fresh]: [string[], number[], string[]] = [[], [], []];
  const add = (id: string) => {
    if (before[id] === after[id]) return;
    const [from, to] = [json(before[id]), json(after[id])];
    if (from === to) return;
    ids.push(id);
    old.push(from);
    oldAt.push(before[id] === undefined ? 0 : (setAt[id] ?? 0));
    fresh.push(to);
  };
  for (const id in after) add(id);
  for (const id in before) if (after[id] === undefined) add(id);
  const key = `${row.tenant_id}\t${row.entity_id}\t${timestampMs(row.created_at)}\t${row.version}\t${operation}\t${lsn}`;
  const previousAt = previous === null ? 0 : timestampMs(previous.updated_at);
  return `${key}\t${shard}\t${field(row.type)}\t${previousAt}\t[${ids}]\t[${old}]\t[${oldAt}]\t[${fresh}]`;
}

/** @param at milliseconds since the epoch. @param subject null: unknown. */
export function changeLine(fields: string, at: number, subject: string | null): string {
  return `${fields}\t${at}\t${field(subject)}`;
}

/** That an entity was erased, or everything of a tenant, which is of the entity 0: nothing before it is shown any more. */
export function erasureLine({ lsn, row }: AuditChange, shard: ShardId): string {
  const at = timestampMs(row.at);
  return changeLine(
    `${row.tenant_id}\t${row.entity_id ?? 0}\t${at}\t0\tERASED\t${lsn}\t${shard}\t\t0\t[]\t[]\t[]\t[]`,
    at,
    row.subject,
  );
}

/** Of an element of an array. Canonical, so that values that are equal have one text; it has no control characters. */
function json(value: TupleAttributes[string] | undefined): string {
  return value === undefined ? 'NULL' : quotedField(canonicalJson(value));
}
