import type { ClickHouseDatabase } from '../../../connections/clickhouse/clickhouse-database.ts';
import type { AttributeLookup } from '../../../domain/catalog/attribute.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import type { EntityChange } from '../../change.ts';
import type { SinkBatch } from '../change-sink.ts';
import { ATTRIBUTE_LINE_COLUMNS, type AttributeRow, attributeLine, attributeRows } from './attribute-row.ts';
import { ENTITY_LINE_COLUMNS, entityLine, entityTombstoneLine } from './entity-line.ts';
import { jsonTexts } from './json-texts.ts';
import { RowBuffer } from './row-buffer.ts';
import { ChangeDefinitions, parseAttributes } from './tuple-attributes.ts';

export interface ClickHouseBatchOptions {
  readonly clickhouse: ClickHouseDatabase;
  readonly shard: ShardId;
  readonly copyId: bigint;
  readonly attributes: Pick<AttributeLookup, 'byId'>;
}

/** The rows of ClickHouse's tables `entity` and `entity_attribute` that changes become. */
export class ClickHouseBatch implements SinkBatch {
  readonly #options: ClickHouseBatchOptions;
  /** As a field. */
  readonly #copyId: string;
  readonly #entities = new RowBuffer();
  readonly #attributes = new RowBuffer();

  constructor(options: ClickHouseBatchOptions) {
    this.#options = options;
    this.#copyId = String(options.copyId);
  }

  get rows() {
    return { entity: this.#entities.rows, entity_attribute: this.#attributes.rows };
  }

  get bytes(): number {
    return this.#entities.bytes + this.#attributes.bytes;
  }

  add(change: EntityChange): void {
    const { row } = change;
    const origin = {
      shard: this.#options.shard,
      copy_id: this.#copyId,
      lsn: String(change.lsn),
      row_version: String(change.version),
    };
    const keys = { tenant_id: row.tenant_id, entity_id: row.entity_id, ...origin };
    const definitions = new ChangeDefinitions(this.#options.attributes);
    const attributes = parseAttributes(row);
    let rows: readonly AttributeRow[];
    let line: string;
    if (change.kind === 'upsert') {
      rows = attributeRows(parseAttributes(change.previous), attributes, keys, definitions);
      line = entityLine(row, jsonTexts(attributes, definitions), origin);
    } else {
      rows = attributeRows(attributes, {}, keys, definitions);
      line = entityTombstoneLine(row, origin);
    }
    this.#entities.append(line);
    for (const attribute of rows) this.#attributes.append(attributeLine(attribute));
  }

  async write(): Promise<void> {
    const { clickhouse } = this.#options;
    await clickhouse.insertLines('entity_attribute', ATTRIBUTE_LINE_COLUMNS, this.#attributes.chunks());
    await clickhouse.insertLines('entity', ENTITY_LINE_COLUMNS, this.#entities.chunks());
  }
}
