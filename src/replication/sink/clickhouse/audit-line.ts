import type { ShardId } from '../../../domain/identifiers.ts';
import type { AuditChange } from '../../change.ts';
import { timestampMs } from '../../timestamp-text.ts';
import { field } from './row-buffer.ts';

/** The columns of ClickHouse's table `audit`, in the order of auditLine. */
export const AUDIT_LINE_COLUMNS = [
  ...['tenant_id', 'at', 'shard', 'audit_id', 'subject', 'operation'],
  ...['entity_id', 'attribute_id', 'old_version', 'new_version', 'lsn'],
];

export function auditLine({ lsn, row }: AuditChange, shard: ShardId): string {
  const key = `${row.tenant_id}\t${timestampMs(row.at)}\t${shard}\t${row.audit_id}`;
  const versions = `${row.old_version ?? 0}\t${row.new_version ?? 0}`;
  return `${key}\t${field(row.subject)}\t${row.operation}\t${row.entity_id ?? 0}\t${row.attribute_id ?? 0}\t${versions}\t${lsn}`;
}
