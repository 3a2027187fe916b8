import type { ClickHouseDatabase } from '../../../connections/clickhouse/clickhouse-database.ts';
import type { AttributeLookup } from '../../../domain/catalog/attribute.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import type { EntityChange } from '../../change.ts';
import type { SinkBatch } from '../change-sink.ts';
import { ATTRIBUTE_LINE_COLUMNS, attributeLine, attributeRows } from './attribute-row.ts';
import { ENTITY_LINE_COLUMNS, entityLine, entityTombstoneLine } from './entity-line.ts';
import { RowBuffer } from './row-buffer.ts';

export interface ClickHouseBatchOptions {
  readonly clickhouse: ClickHouseDatabase;
  readonly shard: ShardId;
  readonly attributes: Pick<AttributeLookup, 'byId'>;
}

/** The rows of ClickHouse's tables `entity` and `entity_attribute` that changes become. */
export class ClickHouseBatch implements SinkBatch {
  readonly #options: ClickHouseBatchOptions;
  readonly #entities = new RowBuffer();
  readonly #attributes = new RowBuffer();

  constructor(options: ClickHouseBatchOptions) {
    this.#options = options;
  }

  get rows() {
    return { entity: this.#entities.rows, entity_attribute: this.#attributes.rows };
  }

  get bytes(): number {
    return this.#entities.bytes + this.#attributes.bytes;
  }

  add(change: EntityChange): void {
    const { shard, attributes } = this.#options;
    const { row } = change;
    const lsn = String(change.lsn);
    const keys = { tenant_id: row.tenant_id, entity_id: row.entity_id, shard, lsn };
    const rows =
      change.kind === 'upsert'
        ? attributeRows(change.previous, row, keys, attributes)
        : attributeRows(row, null, keys, attributes);
    const line = change.kind === 'upsert' ? entityLine(row, shard, lsn) : entityTombstoneLine(row, shard, lsn);
    this.#entities.append(line);
    for (const attribute of rows) this.#attributes.append(attributeLine(attribute));
  }

  async write(): Promise<void> {
    const { clickhouse } = this.#options;
    await clickhouse.insertLines('entity_attribute', ATTRIBUTE_LINE_COLUMNS, this.#attributes.chunks());
    await clickhouse.insertLines('entity', ENTITY_LINE_COLUMNS, this.#entities.chunks());
  }
}
