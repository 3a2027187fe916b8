import type { PostgresServer } from '../../../connections/postgres/postgres-database.ts';
import type { DistributionCell } from '../../../domain/analytics.ts';
import type { EntityRecord } from '../../../domain/entity.ts';
import { AtlasError } from '../../../domain/errors.ts';
import type { Operand } from '../../../domain/filter/filter.ts';
import type { EntityId, ShardId, TenantId } from '../../../domain/identifiers.ts';
import type { Measured } from '../../../freshness/freshness.ts';
import { checkCells, groupText, sortCells } from '../../distribution-group.ts';
import type {
  DistributionQuery,
  EntityPageQuery,
  EntityReader,
  EntitySelection,
  PositionedEntity,
  RangeQuery,
} from '../../entity-reader.ts';
import { checkPosition } from '../../page-position.ts';
import { countStatement, distributionStatement, rangeStatement } from './analytics-statements.ts';
import { ENTITY_COLUMNS, type EntityRow, entityRecord } from './entity-row.ts';
import { pageStatement } from './page-statement.ts';
import { StatementNames } from './statement-names.ts';
import {
  takeWatermark,
  type UnnamedStatement,
  type WatermarkedRow,
  watermarkedStatement,
} from './watermarked-statement.ts';

type DriverValue = string | number | boolean | Date | null;

const BY_ID = watermarkedStatement({
  columns: ENTITY_COLUMNS,
  body: `SELECT ${ENTITY_COLUMNS.join(', ')} FROM atlas.entity WHERE tenant_id = $1::integer AND entity_id = ANY($2::bigint[])`,
});

/** Reads one shard, from its primary or from a replica. Each question is one statement. */
export class PostgresEntityReader implements EntityReader {
  readonly #database: PostgresServer;
  readonly #names = new StatementNames();

  constructor(database: PostgresServer) {
    this.#database = database;
  }

  entitiesById(tenantId: TenantId, ids: readonly EntityId[]): Promise<Measured<readonly EntityRecord[]>> {
    return this.#read<EntityRow, readonly EntityRecord[]>({ text: BY_ID, values: [tenantId, ids] }, (rows) =>
      rows.map(entityRecord),
    );
  }

  async entityPage(query: EntityPageQuery): Promise<Measured<readonly PositionedEntity[]>> {
    checkPosition(query.order, query.from);
    return this.#read<EntityRow & Record<`key_${number}`, DriverValue>, readonly PositionedEntity[]>(
      pageStatement(query),
      (rows) =>
        rows.map((row) => ({
          entity: entityRecord(row),
          position: { values: query.order.map((_, index) => operand(row[`key_${index}`])), id: row.entity_id },
        })),
    );
  }

  async count(selection: EntitySelection): Promise<Measured<bigint>> {
    return this.#read<{ entities: string }, bigint>(countStatement(selection), ([row]) => BigInt(row?.entities ?? 0));
  }

  async range(query: RangeQuery): Promise<Measured<{ min: number; max: number } | null>> {
    return this.#read<{ low: number | null; high: number | null }, { min: number; max: number } | null>(
      rangeStatement(query),
      ([row]) => {
        if (row === undefined || row.low === null || row.high === null) return null;
        return { min: row.low + 0, max: row.high + 0 }; // -0 becomes 0
      },
    );
  }

  async distribution(query: DistributionQuery): Promise<Measured<readonly DistributionCell[]>> {
    return this.#read<{ group_value: DriverValue; bucket: number; entities: string }, readonly DistributionCell[]>(
      distributionStatement(query),
      (rows) => {
        checkCells(rows.length, query.maxCells);
        return sortCells(
          rows.map((row) => ({
            group: groupText(query.groupBy, operand(row.group_value)),
            bucket: row.bucket,
            count: BigInt(row.entities),
          })),
        );
      },
    );
  }

  async #read<Row extends object, T>(
    { text, values }: UnnamedStatement,
    parse: (rows: readonly Row[]) => T,
  ): Promise<Measured<T>> {
    const name = this.#names.nameOf(text);
    const statement = name === undefined ? { text, values } : { name, text, values };
    const answer = takeWatermark<Row>(await this.#database.query<WatermarkedRow<Row>>(statement));
    this.#checkShard(answer.heldShard);
    return {
      data: parse(answer.rows),
      watermarks: new Map([[this.#database.shard, answer.watermark]]),
      observedAt: answer.observedAt,
    };
  }

  /** A server that was not there to be checked at the start may be another one than the configuration says. */
  #checkShard(held: ShardId | null): void {
    const { shard, role } = this.#database;
    if (held === null || held === shard) return;
    throw new AtlasError(
      'SHARD_UNAVAILABLE',
      `ATLAS_SHARDS says ${shard}, but that server is ${held}: correct the URL of ${shard}'s ${role}.`,
      { details: { shard } },
    );
  }
}

function operand(value: DriverValue | undefined): Operand | null {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.getTime();
  return typeof value === 'number' ? value + 0 : value; // -0 becomes 0
}
