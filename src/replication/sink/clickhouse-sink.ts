import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { ATTRIBUTE_LINE_COLUMNS } from './attribute-row.ts';
import type { ChangeSink, Position, SinkRows } from './change-sink.ts';
import { ENTITY_LINE_COLUMNS } from './entity-line.ts';

/** The position of a shard that is being copied. */
const COPYING = 0n;

/** Above every earlier one; by the clock, so that it is new even where the table was emptied by hand. */
const NEXT_COPY_ID = `
SELECT greatest(max(copy_id) + 1, toUInt64(toUnixTimestamp64Micro(now64(6)))) AS next
FROM replication_watermark WHERE shard = {shard:String}`;

export class ClickHouseSink implements ChangeSink {
  readonly #clickhouse: ClickHouseDatabase;

  constructor(clickhouse: ClickHouseDatabase) {
    this.#clickhouse = clickhouse;
  }

  async position(shard: ShardId): Promise<Position | null> {
    const [row] = await this.#clickhouse.query<{ copy_id: string; lsn: string; heartbeat_at: string | null }>(
      'SELECT copy_id, lsn, heartbeat_at FROM replication_watermark FINAL WHERE shard = {shard:String}',
      { shard },
    );
    if (row === undefined || BigInt(row.lsn) === COPYING) return null;
    const heartbeatAt = row.heartbeat_at === null ? null : Number(row.heartbeat_at);
    return { copyId: BigInt(row.copy_id), lsn: BigInt(row.lsn), heartbeatAt };
  }

  async write({ entities, attributes }: SinkRows): Promise<void> {
    await this.#clickhouse.insertLines('entity_attribute', ATTRIBUTE_LINE_COLUMNS, attributes.chunks());
    await this.#clickhouse.insertLines('entity', ENTITY_LINE_COLUMNS, entities.chunks());
  }

  async advance(shard: ShardId, { copyId, lsn, heartbeatAt }: Position, pendingMessages: number): Promise<void> {
    await this.#clickhouse.insert('replication_watermark', [
      {
        shard,
        copy_id: String(copyId),
        lsn: String(lsn),
        heartbeat_at: heartbeatAt,
        pending_messages: pendingMessages,
      },
    ]);
  }

  /**
   * The position first: whoever is interrupted in between finds a shard that is to be copied anew, and a reader that
   * misses rows finds that a copy has begun.
   */
  async beginCopy(shard: ShardId): Promise<bigint> {
    const [row] = await this.#clickhouse.query<{ next: string }>(NEXT_COPY_ID, { shard });
    if (row === undefined) throw new Error('ClickHouse answered a question for one row with none');
    const copyId = BigInt(row.next);
    await this.advance(shard, { copyId, lsn: COPYING, heartbeatAt: null }, 0);
    for (const table of ['entity', 'entity_attribute']) {
      await this.#clickhouse.command(
        `ALTER TABLE ${table} DELETE WHERE shard = {shard:String} SETTINGS mutations_sync = 2`,
        { shard },
      );
    }
    return copyId;
  }
}
