import type { ClickHouseDatabase } from '../../../connections/clickhouse/clickhouse-database.ts';
import type { AttributeLookup } from '../../../domain/catalog/attribute.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import { allEnded } from '../../../lib/all-ended.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { EntityChange, RowChange } from '../../change.ts';
import type { SinkBatch } from '../change-sink.ts';
import { ATTRIBUTE_LINE_COLUMNS, type AttributeRow, attributeLine, attributeRows } from './attribute-row.ts';
import { AUDIT_LINE_COLUMNS, auditLine } from './audit-line.ts';
import { CHANGE_LINE_COLUMNS } from './change-line.ts';
import { ChangeRows } from './change-rows.ts';
import { ENTITY_LINE_COLUMNS, entityLine, entityTombstoneLine } from './entity-line.ts';
import { jsonTexts } from './json-texts.ts';
import { RowBuffer } from './row-buffer.ts';
import { ChangeDefinitions, parseAttributes, type TupleAttributes } from './tuple-attributes.ts';
import type { WatermarkWriter } from './watermark-writer.ts';

export interface ClickHouseBatchOptions {
  readonly clickhouse: Pick<ClickHouseDatabase, 'insertLines'>;
  /** Through the same database. */
  readonly shared: Pick<ClickHouseDatabase, 'insertLines'>;
  readonly watermarks: Pick<WatermarkWriter, 'whileWriting'>;
  readonly shard: ShardId;
  readonly copyId: bigint;
  readonly attributes: Pick<AttributeLookup, 'byId'>;
  /** Whether changes are kept: not of the rows of a copy, nor a second time. */
  readonly keepsHistory: boolean;
  readonly clock: Clock;
}

/** The rows of ClickHouse's tables `entity`, `entity_attribute`, `audit` and `entity_change` that changes become. */
export class ClickHouseBatch implements SinkBatch {
  readonly #options: ClickHouseBatchOptions;
  /** As a field. */
  readonly #copyId: string;
  readonly #entities = new RowBuffer();
  readonly #attributes = new RowBuffer();
  readonly #audit = new RowBuffer();
  /** Null: changes are not kept. */
  readonly #changes: ChangeRows | null;
  /** What has failed may have failed for the rows of another shard, or make theirs fail again. */
  #isApart = false;

  constructor(options: ClickHouseBatchOptions) {
    this.#options = options;
    this.#copyId = String(options.copyId);
    this.#changes = options.keepsHistory ? new ChangeRows(options.shard, options.clock) : null;
  }

  get rows() {
    return {
      ...{ entity: this.#entities.rows, entity_attribute: this.#attributes.rows },
      ...{ audit: this.#audit.rows, entity_change: this.#changes?.rows ?? 0 },
    };
  }

  get bytes(): number {
    return this.#entities.bytes + this.#attributes.bytes + this.#audit.bytes + (this.#changes?.bytes ?? 0);
  }

  add(change: RowChange): void {
    if (change.kind === 'audit') {
      this.#audit.append(auditLine(change, this.#options.shard));
      this.#changes?.audited(change);
    } else {
      this.#addEntity(change);
    }
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
    let previous: TupleAttributes;
    // Every writer changes the version.
    const isRelocation = change.kind === 'upsert' && change.previous?.version === row.version;
    if (change.kind === 'upsert') {
      previous = parseAttributes(change.previous);
      rows = attributeRows(previous, attributes, keys, definitions, isRelocation);
      line = entityLine(row, jsonTexts(attributes, definitions), origin);
    } else {
      previous = attributes;
      rows = attributeRows(attributes, {}, keys, definitions, false);
      line = entityTombstoneLine(row, origin);
    }
    this.#entities.append(line);
    for (const attribute of rows) this.#attributes.append(attributeLine(attribute));
    // Version 0 is the row by which an erasure takes an id.
    if (!isRelocation && row.version !== '0')
      this.#changes?.add(change, previous, change.kind === 'upsert' ? attributes : {});
  }

  /** Rejects only once nothing is being written any more, so that nothing gets into a copy that has been given up. */
  async write(): Promise<void> {
    try {
      await this.#options.watermarks.whileWriting(() => this.#insert());
    } catch (error) {
      this.#isApart = true;
      throw error;
    }
  }

  async #insert(): Promise<void> {
    const { clickhouse, shared } = this.#options;
    // In these, the rows of all shards are in the partition of their month; in the others, those of each have partitions of their own.
    const byMonth = this.#isApart ? clickhouse : shared;
    await allEnded([
      insertRows(byMonth, 'entity_change', CHANGE_LINE_COLUMNS, this.#changes?.chunks()),
      insertRows(byMonth, 'audit', AUDIT_LINE_COLUMNS, this.#audit.chunks()),
      insertRows(clickhouse, 'entity_attribute', ATTRIBUTE_LINE_COLUMNS, this.#attributes.chunks()),
    ]);
    // Whoever sees an entity can undo what was done to it (src/domain/past-entity.ts).
    await insertRows(clickhouse, 'entity', ENTITY_LINE_COLUMNS, this.#entities.chunks());
  }
}

/** Without rows, it waits for no connection. */
async function insertRows(
  clickhouse: Pick<ClickHouseDatabase, 'insertLines'>,
  table: string,
  columns: readonly string[],
  chunks: readonly Buffer[] = [],
): Promise<void> {
  if (chunks.length > 0) await clickhouse.insertLines(table, columns, chunks);
}
