import type { ClickHouseDatabase, ClickHouseParameters } from '../connections/clickhouse/clickhouse-database.ts';
import {
  ATTRIBUTE_TABLE,
  type CheckedTable,
  checkedColumns,
  ENTITY_TABLE,
  JSON_TEXTS,
  rowHash,
  type ValueForm,
  valueName,
} from './checked-columns.ts';
import type { EntityKey, EntityRange } from './entity-range.ts';
import { EACH_JSON_TEXT, JSON_TEXT_HASH, JSON_TEXTS_OF_ROW } from './json-texts.ts';
import { type EntityDigest, type EntityDigests, firstOf, lastOf, type PostgresChunk } from './postgres-chunk.ts';
import type { CheckedRow } from './postgres-rows.ts';
import { type RowGroup, type RowGroupRow, rowGroup } from './row-groups.ts';

/** A row with the highest position, and the highest version, of all that were written of it, deleted ones included. */
export interface RowPosition {
  readonly tenant_id: number;
  readonly entity_id: string;
  readonly attribute_id?: number;
  readonly lsn: string;
  readonly version: string;
}

export interface ClickHouseRows {
  readonly entities: readonly CheckedRow[];
  readonly attributes: readonly CheckedRow[];
  readonly positions: readonly RowPosition[];
}

/** A copy of a shard in ClickHouse, as readers see it. All statements on its two tables are here and in write-repair.ts. */
export class ClickHouseCopy {
  readonly #clickhouse: ClickHouseDatabase;
  readonly copyId: bigint;

  constructor(clickhouse: ClickHouseDatabase, copyId: bigint) {
    this.#clickhouse = clickhouse;
    this.copyId = copyId;
  }

  /**
   * As PostgresChunk has them.
   * @returns null if there are more than `limit` groups, which means that most of them are not in Postgres.
   */
  async groups(
    range: EntityRange,
    limit: number,
    signal: AbortSignal,
  ): Promise<Pick<PostgresChunk, 'entities' | 'attributes' | 'jsonTexts'> | null> {
    const read = async (table: CheckedTable, name: string): Promise<RowGroup[]> => {
      const text = `
SELECT tenant_id, ${name} AS name, count() AS rows, sum(${rowHash(table, 'clickhouse')}) AS checksum
FROM ${this.#visible(table, IN_RANGE)} GROUP BY tenant_id, name LIMIT {limit:UInt64} ${SETTINGS}`;
      const parameters = { ...this.#bounds(range), limit: limit + 1 };
      return (await this.#clickhouse.query<RowGroupRow>(text, parameters, signal)).map(rowGroup);
    };
    const attributes = await read(ATTRIBUTE_TABLE, 'toString(attribute_id)');
    const entities = await read(ENTITY_TABLE, 'toString(type)');
    const texts = `
SELECT tenant_id, toString(attribute) AS name, count() AS rows, sum(${JSON_TEXT_HASH}) AS checksum
FROM ${this.#visible(ENTITY_TABLE, IN_RANGE, EACH_JSON_TEXT)} GROUP BY tenant_id, name LIMIT {limit:UInt64} ${SETTINGS}`;
    const parameters = { ...this.#bounds(range), limit: limit + 1 };
    const jsonTexts = (await this.#clickhouse.query<RowGroupRow>(texts, parameters, signal)).map(rowGroup);
    const isTooMany = [attributes, entities, jsonTexts].some(({ length }) => length > limit);
    return isTooMany ? null : { entities, attributes, jsonTexts };
  }

  /** At most `limit` entities of each table, in the order of keys. */
  async digests(range: EntityRange, limit: number, signal: AbortSignal): Promise<EntityDigests> {
    const read = (table: CheckedTable, hash = rowHash(table, 'clickhouse'), each = ''): Promise<EntityDigest[]> => {
      const text = `
SELECT tenant_id, entity_id, sum(${hash}) AS hash
FROM ${this.#visible(table, IN_RANGE, each)} GROUP BY tenant_id, entity_id ORDER BY tenant_id, entity_id LIMIT {limit:UInt64} ${SETTINGS}`;
      return this.#clickhouse.query<EntityDigest>(text, { ...this.#bounds(range), limit }, signal);
    };
    const attributes = await read(ATTRIBUTE_TABLE);
    const entities = await read(ENTITY_TABLE);
    const jsonTexts = await read(ENTITY_TABLE, JSON_TEXT_HASH, EACH_JSON_TEXT);
    const cut = [entities, attributes, jsonTexts].flatMap((rows) => lastOf(rows, limit));
    return { entities, attributes, jsonTexts, cutAfter: firstOf(cut) };
  }

  /** The rows of these entities, column by column. */
  async rows(keys: readonly EntityKey[], form: ValueForm, signal: AbortSignal): Promise<ClickHouseRows> {
    const parameters = this.#keys(keys);
    const read = (table: CheckedTable, others = '') =>
      this.#clickhouse.query<CheckedRow>(
        `SELECT ${checkedColumns(table, 'clickhouse', form)}${others} FROM ${this.#visible(table, IN_KEYS)} ${SETTINGS}`,
        parameters,
        signal,
      );
    const newest = (table: CheckedTable) => {
      const key = table.keys.join(', ');
      return this.#clickhouse.query<RowPosition>(
        `SELECT ${key}, max(t.lsn) AS lsn, toString(max(t.row_version)) AS version FROM ${table.name} AS t WHERE ${OF_COPY} AND ${IN_KEYS} GROUP BY ${key}`,
        parameters,
        signal,
      );
    };
    // The positions last: a row that is inserted in between is then known to be newer than what was read of it.
    const attributes = await read(ATTRIBUTE_TABLE);
    const entities = await read(ENTITY_TABLE, `, ${JSON_TEXTS_OF_ROW} AS ${valueName(JSON_TEXTS)}`);
    const positions = [...(await newest(ATTRIBUTE_TABLE)), ...(await newest(ENTITY_TABLE))];
    return { entities, attributes, positions };
  }

  #visible(table: CheckedTable, condition: string, each = ''): string {
    return `${table.name} AS t FINAL ${each} PREWHERE ${condition} WHERE ${OF_COPY}`;
  }

  #bounds({ after, upTo }: EntityRange): ClickHouseParameters {
    return {
      copy: this.copyId,
      fromTenant: after.tenantId,
      fromEntity: after.entityId,
      toTenant: upTo.tenantId,
      toEntity: upTo.entityId,
    };
  }

  #keys(keys: readonly EntityKey[]): ClickHouseParameters {
    return {
      copy: this.copyId,
      tenants: keys.map(({ tenantId }) => tenantId),
      entities: keys.map(({ entityId }) => entityId),
    };
  }
}

const OF_COPY = 't.copy_id = {copy:UInt64}';
/** Without it, FINAL reads every copy, because ClickHouse skips none before it. */
const SETTINGS = 'SETTINGS do_not_merge_across_partitions_select_final = 1';
/** Written so that the index on the keys of both tables is used. */
const IN_RANGE = `(t.tenant_id >= {fromTenant:Int64} AND t.tenant_id <= {toTenant:Int64}
  AND (t.tenant_id > {fromTenant:Int64} OR t.entity_id > {fromEntity:UInt64})
  AND (t.tenant_id < {toTenant:Int64} OR t.entity_id <= {toEntity:UInt64}))`;
const IN_KEYS = `(t.tenant_id IN {tenants:Array(UInt32)} AND t.entity_id IN {entities:Array(UInt64)}
  AND (t.tenant_id, t.entity_id) IN arrayZip({tenants:Array(UInt32)}, {entities:Array(UInt64)}))`;
