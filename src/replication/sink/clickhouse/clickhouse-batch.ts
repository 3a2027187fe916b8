import type { ClickHouseDatabase } from '../../../connections/clickhouse/clickhouse-database.ts';
import type { AttributeLookup } from '../../../domain/catalog/attribute.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import type { EntityChange, RowChange } from '../../change.ts';
import type { SinkBatch } from '../change-sink.ts';
import { ATTRIBUTE_LINE_COLUMNS, type AttributeRow, attributeLine, attributeRows } from './attribute-row.ts';
import { AUDIT_LINE_COLUMNS, auditLine } from './audit-line.ts';
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

/** The rows of ClickHouse's tables `entity`, `entity_attribute` and `audit` that changes become. */
export class ClickHouseBatch implements SinkBatch {
  readonly #options: ClickHouseBatchOptions;
  /** As a field. */
  readonly #copyId: string;
  readonly #entities = new RowBuffer();
  readonly #attributes = new RowBuffer();
  readonly #audit = new RowBuffer();

  constructor(options: ClickHouseBatchOptions) {
    this.#options = options;
    this.#copyId = String(options.copyId);
  }

  get rows() {
    return { entity: this.#entities.rows, entity_attribute: this.#attributes.rows, audit: this.#audit.rows };
  }

  get bytes(): number {
    return this.#entities.bytes + this.#attributes.bytes + this.#audit.bytes;
  }

  add(change: RowChange): void {
    if (change.kind === 'audit') this.#audit.append(auditLine(change, this.#options.shard));
    else this.#addEntity(change);
  }

  #addEntity(change: EntityChange): void {
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
      // Every writer changes the version.
      const isRelocation = change.previous?.version === row.version;
      rows = attributeRows(parseAttributes(change.previous), attributes, keys, definitions, isRelocation);
      line = entityLine(row, jsonTexts(attributes, definitions), origin);
    } else {
      rows = attributeRows(attributes, {}, keys, definitions, false);
      line = entityTombstoneLine(row, origin);
    }
    this.#entities.append(line);
    for (const attribute of rows) this.#attributes.append(attributeLine(attribute));
  }

  async write(): Promise<void> {
    const { clickhouse } = this.#options;
    await clickhouse.insertLines('entity_attribute', ATTRIBUTE_LINE_COLUMNS, this.#attributes.chunks());
    await clickhouse.insertLines('entity', ENTITY_LINE_COLUMNS, this.#entities.chunks());
    await clickhouse.insertLines('audit', AUDIT_LINE_COLUMNS, this.#audit.chunks());
  }
}
