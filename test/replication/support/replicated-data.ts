import { expect, vi } from 'vitest';
import type { ReplicatedShard, ShardDatabase } from './replicated-shard.ts';

/** Long enough for a loaded machine; a condition that holds is seen immediately. */
export const WAIT = { timeout: 40_000, interval: 20 };

/** Writes an entity of tenant 1 (or another) with these attributes, as a writer would, hot ones in their columns too. */
export async function put(
  shard: ShardDatabase,
  id: number,
  attributes: Record<string, unknown>,
  tenant = 1,
): Promise<void> {
  await shard.sql(
    `INSERT INTO atlas.entity AS e (tenant_id, entity_id, type, version, created_at, updated_at, attributes, number_1, text_1)
     VALUES ($1, $2, 'thing', 1, clock_timestamp(), clock_timestamp(), $3::jsonb, ($3::jsonb ->> '7')::float8, left($3::jsonb ->> '8', 256))
     ON CONFLICT (tenant_id, entity_id) DO UPDATE SET version = e.version + 1, updated_at = excluded.updated_at,
       attributes = excluded.attributes, number_1 = excluded.number_1, text_1 = excluded.text_1`,
    [tenant, id, JSON.stringify(attributes)],
  );
}

export async function putMany(shard: ShardDatabase, from: number, to: number, seed = 0): Promise<void> {
  await shard.sql(
    `INSERT INTO atlas.entity AS e (tenant_id, entity_id, type, version, created_at, updated_at, attributes, number_1)
     SELECT 1 + i % 3, i, 'thing', 1, clock_timestamp(), clock_timestamp(),
            jsonb_build_object('1', 'text ' || i, '2', i + $3::int, '3', i % 2 = 0, '7', i * 0.5), i * 0.5
     FROM generate_series($1::int, $2::int) i
     ON CONFLICT (tenant_id, entity_id) DO UPDATE SET version = e.version + 1, attributes = excluded.attributes`,
    [from, to, seed],
  );
}

/** Waits until everything that was committed before the call is in ClickHouse. */
export async function caughtUp(shard: ReplicatedShard): Promise<void> {
  const beat = await shard.beat();
  await vi.waitFor(async () => {
    const position = await shard.sink.position();
    expect(position?.heartbeatAt ?? 0).toBeGreaterThanOrEqual(beat);
  }, WAIT);
}

/** The copy that is read holds exactly what Postgres holds, each row once. */
export async function expectEqualStores(shard: ReplicatedShard): Promise<void> {
  const copyId = (await shard.sink.position())?.copyId;
  const entities = await shard.clickhouse.query(
    `
    SELECT toString(tenant_id) AS tenant_id, toString(entity_id) AS entity_id, type, toString(version) AS version,
           toString(created_at) AS created_at, toString(updated_at) AS updated_at, attributes, attribute_updated_at,
           text_1, number_1, boolean_1, toString(timestamp_1) AS timestamp_1
    FROM entity FINAL WHERE copy_id = {copyId:UInt64} ORDER BY tenant_id, entity.entity_id`,
    { copyId },
  );
  expect(entities).toEqual(
    await shard.sql(`
    SELECT tenant_id::text, entity_id::text, type, version::text, (extract(epoch FROM created_at) * 1000)::bigint::text AS created_at,
           (extract(epoch FROM updated_at) * 1000)::bigint::text AS updated_at, attributes::text, attribute_updated_at::text,
           text_1, number_1, boolean_1, (extract(epoch FROM timestamp_1) * 1000)::bigint::text AS timestamp_1
    FROM atlas.entity ORDER BY tenant_id, entity.entity_id`),
  );
  const attributes = await shard.clickhouse.query(
    `
    SELECT toString(tenant_id) AS tenant_id, toString(attribute_id) AS attribute_id, toString(entity_id) AS entity_id,
           value_text, value_number, value_boolean, toString(value_timestamp) AS value_timestamp
    FROM entity_attribute FINAL WHERE copy_id = {copyId:UInt64}
    ORDER BY tenant_id, entity_attribute.attribute_id, entity_attribute.entity_id`,
    { copyId },
  );
  expect(attributes).toEqual(
    await shard.sql(`
    SELECT tenant_id::text, key AS attribute_id, entity_id::text,
           CASE WHEN key IN ('1', '9') THEN left(value #>> '{}', 256)
                WHEN key IN ('30', '31') THEN replace(value::text, ', ', ',')
                WHEN key = '5' THEN left(replace(replace(value::text, ': ', ':'), ', ', ','), 256) END AS value_text,
           CASE WHEN key = '2' THEN (value #>> '{}')::float8
                WHEN key IN ('30', '31') THEN jsonb_array_length(value) END AS value_number,
           CASE WHEN key = '3' THEN (value #>> '{}')::boolean END AS value_boolean,
           CASE WHEN key = '4' THEN (extract(epoch FROM (value #>> '{}')::timestamptz) * 1000)::bigint::text END AS value_timestamp
    FROM atlas.entity, jsonb_each(attributes) WHERE key::int <= 5 OR key IN ('9', '30', '31')
    ORDER BY tenant_id, key::int, entity.entity_id`),
  );
}
