import type { ShardId } from '../../../domain/identifiers.ts';
import type { AuditChange, EntityChange } from '../../change.ts';
import { timestampMs } from '../../timestamp-text.ts';
import { changeFields, changeLine, erasureLine } from './change-line.ts';
import { RowBuffer } from './row-buffer.ts';
import type { TupleAttributes } from './tuple-attributes.ts';

/** A change whose record in the audit has not arrived. */
interface Open {
  readonly fields: string;
  /** Milliseconds since the epoch. */
  readonly updatedAt: number;
}

/**
 * The rows of ClickHouse's table `entity_change`. Who has made a change, and when an entity was deleted, is told by the audit, whose row
 * follows in the same transaction. A change without one was made with SQL, or its transaction has been cut because it is larger than a
 * batch: its subject is unknown, and a deletion then has the time of the entity's last change.
 */
export class ChangeRows {
  readonly #shard: ShardId;
  readonly #lines = new RowBuffer();
  readonly #open = new Map<string, Open>();
  #openCharacters = 0;

  constructor(shard: ShardId) {
    this.#shard = shard;
  }

  get rows(): number {
    return this.#lines.rows + this.#open.size;
  }

  get bytes(): number {
    return this.#lines.bytes + this.#openCharacters;
  }

  /** Of a change by a writer: an upsert without a row before it is a creation. */
  add(change: EntityChange, before: TupleAttributes, after: TupleAttributes): void {
    const { row, lsn } = change;
    const isDeletion = change.kind === 'delete';
    const operation = isDeletion ? 'DELETED' : change.previous === null ? 'CREATED' : 'UPDATED';
    const fields = changeFields(
      { operation, row, previous: isDeletion ? row : change.previous, lsn, before, after },
      this.#shard,
    );
    this.#openCharacters += fields.length;
    this.#open.set(keyOf(row.tenant_id, row.entity_id, row.version, isDeletion, lsn), {
      fields,
      updatedAt: timestampMs(row.updated_at),
    });
  }

  audited(change: AuditChange): void {
    const { row, lsn } = change;
    if (row.operation === 'ERASE_ENTITY' || row.operation === 'ERASE_TENANT') {
      this.#lines.append(erasureLine(change, this.#shard));
    }
    if (row.entity_id === null) return;
    const isDeletion = row.new_version === null;
    const key = keyOf(
      row.tenant_id,
      row.entity_id,
      (isDeletion ? row.old_version : row.new_version) ?? '0',
      isDeletion,
      lsn,
    );
    const open = this.#open.get(key);
    if (open === undefined) return;
    this.#close(key, open, isDeletion ? timestampMs(row.at) : open.updatedAt, row.subject);
  }

  chunks(): readonly Buffer[] {
    for (const [key, open] of this.#open) this.#close(key, open, open.updatedAt, null);
    return this.#lines.chunks();
  }

  #close(key: string, { fields }: Open, at: number, subject: string | null): void {
    this.#lines.append(changeLine(fields, at, subject));
    this.#open.delete(key);
    this.#openCharacters -= fields.length;
  }
}

function keyOf(tenant: string, entity: string, version: string, isDeletion: boolean, lsn: bigint): string {
  return `${tenant} ${entity} ${version} ${isDeletion ? 'D' : 'U'} ${lsn}`;
}
