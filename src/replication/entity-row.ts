import type { ShardId } from '../domain/identifiers.ts';
import type { EntityTuple } from './entity-tuple.ts';
import { timestampMs } from './postgres-timestamp.ts';

/** A row of ClickHouse's table `entity`. 64-bit integers are decimal digits. */
export interface EntityRow {
  readonly tenant_id: string;
  readonly entity_id: string;
  readonly shard: ShardId;
  readonly lsn: string;
  readonly is_deleted: 0 | 1;
  readonly [column: string]: string | number | boolean | null;
}

/** @param lsn the version of the row: of two rows of one entity the higher wins. */
export function entityRow(tuple: EntityTuple, shard: ShardId, lsn: string): EntityRow {
  return {
    tenant_id: tuple.tenant_id,
    entity_id: tuple.entity_id,
    shard,
    type: tuple.type,
    version: tuple.version,
    created_at: timestampMs(tuple.created_at),
    updated_at: timestampMs(tuple.updated_at),
    attributes: tuple.attributes,
    attribute_updated_at: tuple.attribute_updated_at,
    text_1: tuple.text_1,
    text_2: tuple.text_2,
    text_3: tuple.text_3,
    text_4: tuple.text_4,
    number_1: tuple.number_1,
    number_2: tuple.number_2,
    number_3: tuple.number_3,
    number_4: tuple.number_4,
    boolean_1: booleanOf(tuple.boolean_1),
    boolean_2: booleanOf(tuple.boolean_2),
    timestamp_1: millisecondsOf(tuple.timestamp_1),
    timestamp_2: millisecondsOf(tuple.timestamp_2),
    lsn,
    is_deleted: 0,
  };
}

export function entityTombstone(tuple: EntityTuple, shard: ShardId, lsn: string): EntityRow {
  return { tenant_id: tuple.tenant_id, entity_id: tuple.entity_id, shard, lsn, is_deleted: 1 };
}

function booleanOf(text: string | null): boolean | null {
  return text === null ? null : text.startsWith('t');
}

function millisecondsOf(text: string | null): number | null {
  return text === null ? null : timestampMs(text);
}
