import type { AttributeLookup } from '../domain/attribute.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { type AttributeRow, attributeRows } from './attribute-row.ts';
import type { Position, SinkRows } from './change-sink.ts';
import { type EntityRow, entityRow, entityTombstone } from './entity-row.ts';
import type { EntityTuple } from './entity-tuple.ts';

/** The rows of consecutive changes. */
export class ChangeBatch implements SinkRows {
  readonly entities: EntityRow[] = [];
  readonly attributes: AttributeRow[] = [];
  /** Everything that was received for it, heartbeats included. */
  messages = 0;
  /** Characters of jsonb: what its memory grows with besides the number of rows. */
  characters = 0;
  /** Of the last complete transaction in it; null: it completes none. */
  reached: Position | null = null;
  readonly #shard: ShardId;
  readonly #lookup: Pick<AttributeLookup, 'byId'>;

  constructor(shard: ShardId, lookup: Pick<AttributeLookup, 'byId'>) {
    this.#shard = shard;
    this.#lookup = lookup;
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
    this.#add(entityRow(row, this.#shard, lsn), rows, row);
  }

  /** @throws UnknownAttributeError: to be added again once the attribute is known. */
  delete(version: bigint, row: EntityTuple): void {
    const lsn = String(version);
    const rows = attributeRows(row, null, this.#keys(row, lsn), this.#lookup);
    this.#add(entityTombstone(row, this.#shard, lsn), rows, row);
  }

  #keys({ tenant_id, entity_id }: EntityTuple, lsn: string) {
    return { tenant_id, entity_id, shard: this.#shard, lsn };
  }

  #add(entity: EntityRow, attributes: readonly AttributeRow[], { attributes: json }: EntityTuple): void {
    this.entities.push(entity);
    for (const row of attributes) this.attributes.push(row);
    this.characters += json.length;
  }
}

function isSameEntity(a: EntityTuple, b: EntityTuple): boolean {
  return a.entity_id === b.entity_id && a.tenant_id === b.tenant_id;
}
