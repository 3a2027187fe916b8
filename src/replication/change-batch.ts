import type { AttributeLookup } from '../domain/catalog/attribute.ts';
import type { ShardId } from '../domain/identifiers.ts';
import type { EntityTuple } from './entity-tuple.ts';
import { type AttributeRow, attributeLine, attributeRows } from './sink/attribute-row.ts';
import type { Position, SinkRows } from './sink/change-sink.ts';
import { entityLine, entityTombstoneLine } from './sink/entity-line.ts';
import { RowBuffer } from './sink/row-buffer.ts';

/** The rows of consecutive changes. */
export class ChangeBatch implements SinkRows {
  readonly entities = new RowBuffer();
  readonly attributes = new RowBuffer();
  /** Everything that was received for it, heartbeats included. */
  messages = 0;
  /** Of the last complete transaction in it; null: it completes none. */
  reached: Position | null = null;
  readonly #shard: ShardId;
  readonly #lookup: Pick<AttributeLookup, 'byId'>;

  constructor(shard: ShardId, lookup: Pick<AttributeLookup, 'byId'>) {
    this.#shard = shard;
    this.#lookup = lookup;
  }

  get bytes(): number {
    return this.entities.bytes + this.attributes.bytes;
  }

  /** @throws UnknownAttributeError: to be added again once the attribute is known. */
  upsert(version: bigint, row: EntityTuple, previous: EntityTuple | null): void {
    if (previous !== null && !isSameEntity(row, previous)) {
      this.delete(version, previous);
      this.upsert(version, row, null);
      return;
    }
    const lsn = String(version);
    const rows = attributeRows(previous, row, this.#keys(row, lsn), this.#lookup);
    this.#add(entityLine(row, this.#shard, lsn), rows);
  }

  /** @throws UnknownAttributeError: to be added again once the attribute is known. */
  delete(version: bigint, row: EntityTuple): void {
    const lsn = String(version);
    const rows = attributeRows(row, null, this.#keys(row, lsn), this.#lookup);
    this.#add(entityTombstoneLine(row, this.#shard, lsn), rows);
  }

  #keys({ tenant_id, entity_id }: EntityTuple, lsn: string) {
    return { tenant_id, entity_id, shard: this.#shard, lsn };
  }

  #add(entity: string, attributes: readonly AttributeRow[]): void {
    this.entities.append(entity);
    for (const row of attributes) this.attributes.append(attributeLine(row));
  }
}

function isSameEntity(a: EntityTuple, b: EntityTuple): boolean {
  return a.entity_id === b.entity_id && a.tenant_id === b.tenant_id;
}
