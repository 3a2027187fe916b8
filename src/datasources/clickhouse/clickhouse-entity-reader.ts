import type { ClickHouseDatabase } from '../../connections/clickhouse-database.ts';
import type { DistributionCell } from '../../domain/analytics.ts';
import type { EntityRecord } from '../../domain/entity.ts';
import type { EntityOrder, Operand } from '../../domain/filter.ts';
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

const WATERMARKS = `SELECT shard, lsn, heartbeat_at FROM replication_watermark FINAL WHERE shard IN {shards:Array(String)}`;

/**
 * Reads what ClickHouse holds of the given shards. The watermarks are read by a query of their own before the data, and
 * are written after the data they speak of: so the data contains at least what they say.
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
    const watermarks = await this.#watermarks();
    const rows = await this.#database.query<Row>(text, parameters.values);
    return { data: parse(rows), watermarks, observedAt: null };
  }

  async #watermarks(): Promise<ReadonlyMap<ShardId, Watermark>> {
    const rows = await this.#database.query<{ shard: string; lsn: string; heartbeat_at: string | null }>(WATERMARKS, {
      shards: this.#shards,
    });
    const watermarks = new Map<ShardId, Watermark>();
    for (const shard of this.#shards) watermarks.set(shard, { heartbeatAt: null, lsn: null });
    for (const { shard, lsn, heartbeat_at } of rows) {
      const heartbeatAt = heartbeat_at === null ? null : Number(heartbeat_at) / 1000;
      watermarks.set(shard, { heartbeatAt, lsn: BigInt(lsn) });
    }
    return watermarks;
  }
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
