import type { ClickHouseDatabase } from '../connections/clickhouse-database.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { ATTRIBUTE_LINE_COLUMNS } from './attribute-row.ts';
import type { ChangeSink, Position, SinkRows } from './change-sink.ts';
import { ENTITY_LINE_COLUMNS } from './entity-line.ts';

export class ClickHouseSink implements ChangeSink {
  readonly #clickhouse: ClickHouseDatabase;

  constructor(clickhouse: ClickHouseDatabase) {
    this.#clickhouse = clickhouse;
  }

  async position(shard: ShardId): Promise<Position | null> {
    const [row] = await this.#clickhouse.query<{ lsn: string; heartbeat_at: string | null }>(
      'SELECT lsn, heartbeat_at FROM replication_watermark FINAL WHERE shard = {shard:String}',
      { shard },
    );
    if (row === undefined) return null;
    return { lsn: BigInt(row.lsn), heartbeatAt: row.heartbeat_at === null ? null : Number(row.heartbeat_at) };
  }

  async write({ entities, attributes }: SinkRows): Promise<void> {
    await this.#clickhouse.insertLines('entity_attribute', ATTRIBUTE_LINE_COLUMNS, attributes.chunks());
    await this.#clickhouse.insertLines('entity', ENTITY_LINE_COLUMNS, entities.chunks());
  }

  async advance(shard: ShardId, { lsn, heartbeatAt }: Position, pendingMessages: number): Promise<void> {
    await this.#clickhouse.insert('replication_watermark', [
      { shard, lsn: String(lsn), heartbeat_at: heartbeatAt, pending_messages: pendingMessages },
    ]);
  }

  /** The position first: whoever is interrupted in between finds a shard that is to be copied anew. */
  async clear(shard: ShardId): Promise<void> {
    for (const table of ['replication_watermark', 'entity', 'entity_attribute']) {
      await this.#clickhouse.command(
        `ALTER TABLE ${table} DELETE WHERE shard = {shard:String} SETTINGS mutations_sync = 2`,
        {
          shard,
        },
      );
    }
  }
}
