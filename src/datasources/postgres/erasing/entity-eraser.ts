import type { PostgresDatabase, PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { Author } from '../../../domain/caller.ts';
import type { Erasure } from '../../../domain/erasure.ts';
import { AtlasError } from '../../../domain/errors.ts';
import type { EntityId, ShardId, TenantId } from '../../../domain/identifiers.ts';
import type { Positions } from '../../../freshness/positions.ts';
import type { ShardMap } from '../../../sharding/shard-map.ts';
import { writtenPosition } from '../../../watermarks/wal-position.ts';
import { COMPLETE_WITHOUT_COPY, ERASURE_COLUMNS, type ErasureRow, erasureOf } from './erasure-row.ts';

const MAX_ATTEMPTS = 20;

/**
 * Waits for whoever is creating an entity with this id. Afterwards the id is taken: by an entity that others can see, or by this row, which
 * nobody will.
 */
const TAKE_ID = `
INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
VALUES ($1, $2, '', 0, clock_timestamp(), clock_timestamp(), '{}')
ON CONFLICT DO NOTHING`;

/** A next statement then sees everything that was ever written to the entity. Not within the millisecond of its creation; see delete-statement.ts. */
const LOCK = `
SELECT pg_sleep(0.001) FROM (
  SELECT FROM atlas.entity WHERE tenant_id = $1 AND entity_id = $2 FOR UPDATE
) locked`;

/** All earlier transactions that wrote the entity have ended, and no later one has begun to: the position parts them. */
const ERASE = `
WITH erased AS (
  DELETE FROM atlas.entity WHERE tenant_id = $1 AND entity_id = $2 RETURNING version
), attributes AS (
  DELETE FROM atlas.entity_attribute WHERE tenant_id = $1 AND entity_id = $2 RETURNING 1
), audited AS (
  INSERT INTO atlas.audit (tenant_id, at, subject, operation, entity_id, old_version)
  SELECT $1, clock_timestamp(), $3, 'ERASE_ENTITY', $2, nullif(version, 0) FROM erased
)
INSERT INTO atlas.erasure (tenant_id, entity_id, subject, entities, attribute_rows, position, completed_at)
SELECT $1, $2, $3, (SELECT count(*) FROM erased WHERE version > 0), (SELECT count(*) FROM attributes), pg_current_wal_insert_lsn(),
  ${COMPLETE_WITHOUT_COPY}
RETURNING ${ERASURE_COLUMNS}`;

const LIST = `
SELECT ${ERASURE_COLUMNS} FROM atlas.erasure WHERE tenant_id = $1 AND entity_id = $2 ORDER BY erasure_id DESC LIMIT $3`;

/**
 * Erases entities: what Postgres has of one goes in one transaction, whether it exists or was deleted before; what ClickHouse has follows
 * (src/replication/upkeep/erasure-removal.ts). An entity that is created with the same id afterwards is another one, and stays.
 */
export class EntityEraser {
  readonly #shardMap: ShardMap;
  readonly #primaries: ReadonlyMap<ShardId, PostgresDatabase>;

  /** @param primaries One for every shard in the map. */
  constructor(shardMap: ShardMap, primaries: readonly PostgresDatabase[]) {
    this.#shardMap = shardMap;
    this.#primaries = new Map(primaries.map((primary) => [primary.shard, primary]));
  }

  /** @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT */
  async erase(
    author: Author,
    id: EntityId,
    signal?: AbortSignal,
  ): Promise<{ readonly erasure: Erasure; readonly positions: Positions }> {
    const primary = this.#primaryOf(id);
    const row = await primary.transaction((session) => eraseRow(session, author, id), 'READ COMMITTED', signal);
    const positions = new Map([[primary.shard, await writtenPosition(primary, signal)]]);
    return { erasure: erasureOf(primary.shard, row), positions };
  }

  /** The erasures of an id, newest first. @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT */
  async list(tenantId: TenantId, id: EntityId, limit: number, signal?: AbortSignal): Promise<readonly Erasure[]> {
    const primary = this.#primaryOf(id);
    const statement = { name: 'erasures_of_entity', tenant: tenantId, text: LIST, values: [tenantId, id, limit] };
    const rows = await primary.query<ErasureRow>(statement, signal);
    return rows.map((row) => erasureOf(primary.shard, row));
  }

  #primaryOf(id: EntityId): PostgresDatabase {
    const shard = this.#shardMap.shardOf(id);
    const primary = this.#primaries.get(shard);
    if (primary === undefined) throw new Error(`No connection to the primary of shard ${shard}`);
    return primary;
  }
}

async function eraseRow(session: PostgresSession, { tenantId, subject }: Author, id: EntityId): Promise<ErasureRow> {
  const run = <Row extends object>(text: string, values: readonly unknown[]) =>
    session.query<Row>({ tenant: tenantId, text, values });
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    await run(TAKE_ID, [tenantId, id]);
    if ((await run(LOCK, [tenantId, id])).length === 0) continue;
    const [row] = await run<ErasureRow>(ERASE, [tenantId, id, subject]);
    if (row === undefined) throw new Error('The statement that erases returned no row');
    return row;
  }
  throw new AtlasError('TIMEOUT', `Entity ${id} is being modified concurrently; retry.`, { hint: 'Retry.' });
}
