import type { ShardId } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../lib/clock.ts';
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
 * follows in the same transaction. A change without one was made with SQL, or by erasing a tenant, or its transaction has been cut because it is
 * larger than a batch: its subject is unknown, and it has the time at which it was captured.
 */
export class ChangeRows {
  readonly #shard: ShardId;
  readonly #clock: Clock;
  readonly #lines = new RowBuffer();
  readonly #open = new Map<string, Open>();
  #openCharacters = 0;

  constructor(shard: ShardId, clock: Clock) {
    this.#shard = shard;
    this.#clock = clock;
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
    // What was erased is kept nowhere.
    if (row.operation !== 'ERASE_ENTITY') {
      this.#lines.append(changeLine(open.fields, isDeletion ? timestampMs(row.at) : open.updatedAt, row.subject));
    }
    this.#open.delete(key);
    this.#openCharacters -= open.fields.length;
  }

  chunks(): readonly Buffer[] {
    const capturedAt = Math.floor(this.#clock.now());
    for (const { fields } of this.#open.values()) this.#lines.append(changeLine(fields, capturedAt, null));
    this.#open.clear();
    this.#openCharacters = 0;
    return this.#lines.chunks();
  }
}

function keyOf(tenant: string, entity: string, version: string, isDeletion: boolean, lsn: bigint): string {
  return `${tenant} ${entity} ${version} ${isDeletion ? 'D' : 'U'} ${lsn}`;
}
