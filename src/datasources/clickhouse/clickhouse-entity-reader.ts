import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { DistributionCell } from '../../domain/analytics.ts';
import type { EntityRecord } from '../../domain/entity.ts';
import type { EntityOrder, Operand } from '../../domain/filter/filter.ts';
import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import type { Measured, Watermark } from '../../freshness/freshness.ts';
import { checkCells, groupText, sortCells } from '../distribution-group.ts';
import type {
  DistributionQuery,
  EntityPageQuery,
  EntityReader,
  EntitySelection,
  PositionedEntity,
  RangeQuery,
} from '../entity-reader.ts';
import { checkPosition } from '../page-position.ts';
import { BoundParameters } from './bound-parameters.ts';
import { ClickHouseDialect } from './clickhouse-dialect.ts';
import { ENTITY_COLUMNS, type EntityRow, entityRecord } from './entity-row.ts';
import { EntitySource } from './entity-source.ts';
import { pageStatement } from './page-statement.ts';
import { widthBucketSql } from './width-bucket.ts';

/** 64-bit integers come as digits. */
type Value = string | number | boolean | null;

/** One thread: sharing a row per shard among several takes a quarter longer. */
const WATERMARKS = `
SELECT shard, copy_id, lsn, heartbeat_at FROM replication_watermark FINAL WHERE shard IN {shards:Array(String)}
SETTINGS max_threads = 1`;

interface WatermarkRow {
  readonly shard: string;
  readonly copy_id: string;
  readonly lsn: string;
  readonly heartbeat_at: string | null;
}

const UNKNOWN: Watermark = { heartbeatAt: null, lsn: null };

/**
 * Reads what ClickHouse holds of the given shards. The watermarks are read by a query of their own before the data, and
 * are written after the data they speak of: so the data contains at least what they say. Only a new copy of a shard takes
 * rows away, and it says so first: a watermark counts if its copy is still the newest once the data has been read.
 */
export class ClickHouseEntityReader implements EntityReader {
  readonly #database: ClickHouseDatabase;
  readonly #shards: readonly ShardId[];

  constructor(database: ClickHouseDatabase, shards: readonly ShardId[]) {
    this.#database = database;
    this.#shards = shards;
  }

  entitiesById(tenantId: TenantId, ids: readonly EntityId[]): Promise<Measured<readonly EntityRecord[]>> {
    const selection: EntitySelection = { tenantId, type: null, filter: { kind: 'ids', ids } };
    return this.#read<EntityRow, readonly EntityRecord[]>(
      selection,
      (source) => source.select(ENTITY_COLUMNS),
      (rows) => rows.map(entityRecord),
    );
  }

  async entityPage(query: EntityPageQuery): Promise<Measured<readonly PositionedEntity[]>> {
    checkPosition(query.order, query.from);
    return this.#read<EntityRow & Record<`key_${number}`, Value>, readonly PositionedEntity[]>(
      query,
      (source, dialect) => pageStatement(query, source, dialect),
      (rows) => {
        const page = rows.map((row) => {
          const values = query.order.map((by, index) => positionValue(by, row[`key_${index}`] ?? null));
          return { entity: entityRecord(row), position: { values, id: row.id } };
        });
        return query.direction === 'FORWARD' ? page : page.reverse();
      },
    );
  }

  count(selection: EntitySelection): Promise<Measured<bigint>> {
    return this.#read<{ entities: string }, bigint>(
      selection,
      (source) => source.select('count() AS entities'),
      ([row]) => BigInt(row?.entities ?? 0),
    );
  }

  range(query: RangeQuery): Promise<Measured<{ min: number; max: number } | null>> {
    return this.#read<{ low: number | null; high: number | null }, { min: number; max: number } | null>(
      query,
      (source) => {
        const value = source.value(query.attribute, 'required');
        return source.select(`min(${value}) AS low, max(${value}) AS high`);
      },
      ([row]) => {
        if (row === undefined || row.low === null || row.high === null) return null;
        return { min: row.low + 0, max: row.high + 0 }; // -0 becomes 0
      },
    );
  }

  distribution(query: DistributionQuery): Promise<Measured<readonly DistributionCell[]>> {
    return this.#read<{ group_value: Value; bucket: number; entities: string }, readonly DistributionCell[]>(
      query,
      (source, dialect) => distributionStatement(query, source, dialect),
      (rows) => {
        checkCells(rows.length, query.maxCells);
        return sortCells(
          rows.map(({ group_value, bucket, entities }) => ({
            group: groupText(query.groupBy, group_value),
            bucket: Number(bucket),
            count: BigInt(entities),
          })),
        );
      },
    );
  }

  async #read<Row extends object, T>(
    selection: EntitySelection,
    statement: (source: EntitySource, dialect: ClickHouseDialect) => string,
    parse: (rows: readonly Row[]) => T,
  ): Promise<Measured<T>> {
    const parameters = new BoundParameters();
    const dialect = new ClickHouseDialect(parameters, parameters.bind(selection.tenantId, 'UInt32'));
    const text = statement(new EntitySource(dialect, this.#shards, selection), dialect);
    const before = await this.#watermarks();
    const rows = await this.#database.query<Row>(text, parameters.values);
    const after = await this.#watermarks();
    const watermarks = new Map(
      this.#shards.map((shard) => [shard, watermarkOf(before.get(shard), after.get(shard))] as const),
    );
    return { data: parse(rows), watermarks, observedAt: null };
  }

  async #watermarks(): Promise<ReadonlyMap<ShardId, WatermarkRow>> {
    const rows = await this.#database.query<WatermarkRow>(WATERMARKS, { shards: this.#shards });
    return new Map(rows.map((row) => [row.shard, row]));
  }
}

/** What was known before the data was read, unless a copy has begun since. */
function watermarkOf(before: WatermarkRow | undefined, after: WatermarkRow | undefined): Watermark {
  if (before === undefined || before.copy_id !== after?.copy_id) return UNKNOWN;
  const { lsn, heartbeat_at } = before;
  return { heartbeatAt: heartbeat_at === null ? null : Number(heartbeat_at) / 1000, lsn: BigInt(lsn) };
}

function distributionStatement(query: DistributionQuery, source: EntitySource, dialect: ClickHouseDialect): string {
  const value = `assumeNotNull(${source.value(query.attribute, 'required')})`;
  const bucket = widthBucketSql(value, query, dialect.parameters);
  return source.select(
    `${groupSql(query, source)} AS group_value, ${bucket} AS bucket, count() AS entities`,
    `GROUP BY group_value, bucket LIMIT ${dialect.parameters.bind(query.maxCells + 1, 'UInt32')}`,
  );
}

function groupSql({ groupBy }: DistributionQuery, source: EntitySource): string {
  if (groupBy === null) return 'NULL';
  const group = source.value(groupBy, 'required');
  return groupBy.type === 'NUMBER' ? `${group} + 0` : group; // -0 and 0 are one group
}

function positionValue(by: EntityOrder, value: Value): Operand | null {
  if (value === null || by.kind === 'field')
    return by.kind === 'field' && by.field === 'id' ? value : numberOrNull(value);
  return by.attribute.type === 'NUMBER' || by.attribute.type === 'TIMESTAMP' ? numberOrNull(value) : value;
}

function numberOrNull(value: Value): number | null {
  return value === null ? null : Number(value) + 0; // -0 becomes 0
}
