import type { ClickHouseDatabase, ClickHouseParameters } from '../connections/clickhouse/clickhouse-database.ts';
import {
  ATTRIBUTE_TABLE,
  type CheckedTable,
  checkedColumns,
  ENTITY_TABLE,
  rowHash,
  type ValueForm,
} from './checked-columns.ts';
import type { EntityKey, EntityRange } from './entity-range.ts';
import type { EntityDigest, EntityDigests } from './postgres-chunk.ts';
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
  ): Promise<{ readonly entities: readonly RowGroup[]; readonly attributes: readonly RowGroup[] } | null> {
    const read = async (table: CheckedTable, name: string): Promise<RowGroup[]> => {
      const text = `
SELECT tenant_id, ${name} AS name, count() AS rows, sum(${rowHash(table, 'clickhouse')}) AS checksum
FROM ${this.#visible(table, IN_RANGE)} GROUP BY tenant_id, name LIMIT {limit:UInt64} ${SETTINGS}`;
      const parameters = { ...this.#bounds(range), limit: limit + 1 };
      return (await this.#clickhouse.query<RowGroupRow>(text, parameters, signal)).map(rowGroup);
    };
    const attributes = await read(ATTRIBUTE_TABLE, 'toString(attribute_id)');
    const entities = await read(ENTITY_TABLE, 'toString(type)');
    return attributes.length > limit || entities.length > limit ? null : { entities, attributes };
  }

  /** At most `limit` entities of each table, in the order of keys. */
  async digests(range: EntityRange, limit: number, signal: AbortSignal): Promise<EntityDigests> {
    const read = (table: CheckedTable): Promise<EntityDigest[]> => {
      const text = `
SELECT tenant_id, entity_id, sum(${rowHash(table, 'clickhouse')}) AS hash
FROM ${this.#visible(table, IN_RANGE)} GROUP BY tenant_id, entity_id ORDER BY tenant_id, entity_id LIMIT {limit:UInt64} ${SETTINGS}`;
      return this.#clickhouse.query<EntityDigest>(text, { ...this.#bounds(range), limit }, signal);
    };
    const attributes = await read(ATTRIBUTE_TABLE);
    return { entities: await read(ENTITY_TABLE), attributes };
  }

  /** The rows of these entities, column by column. */
  async rows(keys: readonly EntityKey[], form: ValueForm, signal: AbortSignal): Promise<ClickHouseRows> {
    const parameters = this.#keys(keys);
    const read = (table: CheckedTable) =>
      this.#clickhouse.query<CheckedRow>(
        `SELECT ${checkedColumns(table, 'clickhouse', form)} FROM ${this.#visible(table, IN_KEYS)} ${SETTINGS}`,
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
    const entities = await read(ENTITY_TABLE);
    const positions = [...(await newest(ATTRIBUTE_TABLE)), ...(await newest(ENTITY_TABLE))];
    return { entities, attributes, positions };
  }

  #visible(table: CheckedTable, condition: string): string {
    return `${table.name} AS t FINAL PREWHERE ${condition} WHERE ${OF_COPY}`;
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
