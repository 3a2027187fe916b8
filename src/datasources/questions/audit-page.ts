import type { AuditEntry, AuditOperation } from '../../domain/audit.ts';
import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import { BoundParameters } from '../clickhouse/bound-parameters.ts';
import type { ClickHouseSelect } from '../clickhouse/clickhouse-form.ts';
import type { ReadCopies } from '../clickhouse/read-copies.ts';
import { BoundValues } from '../postgres/reading/bound-values.ts';
import type { PostgresStatement } from '../postgres/reading/postgres-form.ts';
import { watermarkedStatement } from '../postgres/reading/watermarked-statement.ts';
import type { Question } from './question.ts';

/** Where a page begins: after this entry. */
export interface AuditPosition {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly shard: ShardId;
  readonly id: bigint;
}

/** A condition that is null does not restrict the page. */
export interface AuditQuery {
  readonly tenantId: TenantId;
  readonly entityId: EntityId | null;
  readonly subject: string | null;
  /** Milliseconds since the epoch, inclusive. */
  readonly from: number | null;
  /** Exclusive. */
  readonly to: number | null;
  readonly after: AuditPosition | null;
  /** Maximum number of entries. */
  readonly limit: number;
}

export interface AuditRows {
  /** Newest first; those of one moment by shard, then by descending id. */
  readonly entries: readonly AuditEntry[];
  readonly hasMore: boolean;
}

const COLUMNS = [
  ...['shard', 'audit_id', 'at', 'subject', 'operation'],
  ...['entity_id', 'attribute_id', 'old_version', 'new_version'],
];

/** Integers are numbers, or digits. ClickHouse has 0 for none. */
interface Row {
  readonly shard: ShardId;
  readonly audit_id: string;
  readonly at: string;
  readonly subject: string | null;
  readonly operation: AuditOperation;
  readonly entity_id: string | null;
  readonly attribute_id: string | number | null;
  readonly old_version: string | null;
  readonly new_version: string | null;
}

/** A page of what a tenant has written. One entry more than the page has is requested from each source, to show whether more follow. */
export function auditPage(input: AuditQuery): Question<readonly AuditEntry[], AuditRows> {
  const read = { ...input, limit: input.limit + 1 };
  const parse = (rows: readonly object[]) => rows.map((row) => entryOf(row as Row));
  return {
    name: 'auditPage',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: { select: () => postgresSelect(read), parse },
    clickhouse: { select: (copies) => clickhouseSelect(copies, read), parse },
    merge(parts) {
      const entries = parts.flat().sort(inPageOrder);
      return { entries: entries.slice(0, input.limit), hasMore: entries.length > input.limit };
    },
  };
}

function postgresSelect({ tenantId, entityId, subject, from, to, after, limit }: AuditQuery): PostgresStatement {
  const values = new BoundValues();
  const moment = (at: number) => values.bind(new Date(at).toISOString(), 'timestamptz');
  const conditions = [`a.tenant_id = ${values.bind(tenantId, 'integer')}`];
  if (entityId !== null) conditions.push(`a.entity_id = ${values.bind(entityId, 'bigint')}`);
  if (subject !== null) conditions.push(`a.subject = ${values.bind(subject, 'text')}`);
  if (from !== null) conditions.push(`a.at >= ${moment(from)}`);
  if (to !== null) conditions.push(`a.at < ${moment(to)}`);
  if (after !== null) {
    const [at, shard] = [moment(after.at), values.bind(after.shard, 'text')];
    const id = values.bind(String(after.id), 'bigint');
    conditions.push(
      `a.at <= ${at} AND (a.at < ${at} OR s.shard > ${shard} OR s.shard = ${shard} AND a.audit_id < ${id})`,
    );
  }
  const body = `SELECT s.shard, a.audit_id, (extract(epoch FROM a.at) * 1000)::bigint AS at, a.subject, a.operation,
    a.entity_id, a.attribute_id, a.old_version, a.new_version
  FROM atlas.audit a CROSS JOIN (SELECT shard_id COLLATE "C" AS shard FROM atlas.shard) s
  WHERE ${conditions.join(' AND ')}
  ORDER BY a.at DESC, a.audit_id DESC LIMIT ${values.bind(limit, 'integer')}`;
  return { text: watermarkedStatement({ columns: COLUMNS, body }), values: values.values };
}

/**
 * Only what the watermarks cover, so that a page of one moment is complete. A row that a new copy brings again keeps its first position
 * (migrations/clickhouse/0005_audit.sql), and with it its place.
 */
function clickhouseSelect(
  copies: ReadCopies,
  { tenantId, entityId, subject, from, to, after, limit }: AuditQuery,
): ClickHouseSelect {
  const parameters = new BoundParameters();
  const text = (value: string) => parameters.bind(value, 'String');
  const moment = (at: number) => parameters.bind(at, 'Int64');
  const covered = Array.from(
    copies,
    ([shard, { lsn }]) => `shard = ${text(shard)} AND lsn < ${parameters.bind(lsn, 'UInt64')}`,
  );
  const conditions = [
    `tenant_id = ${parameters.bind(tenantId, 'UInt32')}`,
    covered.length === 0 ? 'false' : `(${covered.join(' OR ')})`,
  ];
  if (entityId !== null) conditions.push(`entity_id = ${parameters.bind(BigInt(entityId), 'UInt64')}`);
  if (subject !== null) conditions.push(`subject = ${text(subject)}`);
  if (from !== null) conditions.push(`at >= ${moment(from)}`);
  if (to !== null) conditions.push(`at < ${moment(to)}`);
  if (after !== null) {
    const [at, shard, id] = [moment(after.at), text(after.shard), parameters.bind(after.id, 'UInt64')];
    conditions.push(`at <= ${at} AND (at < ${at} OR shard > ${shard} OR shard = ${shard} AND audit_id < ${id})`);
  }
  return {
    text: `SELECT ${COLUMNS.join(', ')} FROM audit FINAL WHERE ${conditions.join(' AND ')}
ORDER BY at DESC, shard, audit_id DESC LIMIT ${parameters.bind(BigInt(limit), 'UInt64')}`,
    parameters: parameters.values,
  };
}

function entryOf(row: Row): AuditEntry {
  const some = <T>(value: string | number | null, of: (digits: string) => T): T | null =>
    value === null || String(value) === '0' ? null : of(String(value));
  return {
    shard: row.shard,
    id: BigInt(row.audit_id),
    at: new Date(Number(row.at)),
    subject: row.subject,
    operation: row.operation,
    entityId: some(row.entity_id, (digits) => digits),
    attributeId: some(row.attribute_id, Number),
    oldVersion: some(row.old_version, BigInt),
    newVersion: some(row.new_version, BigInt),
  };
}

function inPageOrder(a: AuditEntry, b: AuditEntry): number {
  if (a.at.getTime() !== b.at.getTime()) return b.at.getTime() - a.at.getTime();
  if (a.shard !== b.shard) return a.shard < b.shard ? -1 : 1;
  return a.id > b.id ? -1 : 1;
}
