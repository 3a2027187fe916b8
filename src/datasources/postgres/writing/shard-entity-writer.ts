import { DatabaseError } from '../../../connections/database-error.ts';
import type { PostgresDatabase, PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { AttributeValue } from '../../../domain/catalog/attribute.ts';
import type { EntityRecord } from '../../../domain/entity.ts';
import { AtlasError } from '../../../domain/errors.ts';
import type { EntityId, TenantId } from '../../../domain/identifiers.ts';
import type { EntityWrite, WriteOutcome } from '../../entity-writer.ts';
import { type DeletedRow, deleteStatement } from './delete-statement.ts';
import { lastValues, type UpsertedRow, type UpsertRow, upsertStatement } from './upsert-statement.ts';

/** Each loses only to a creation or a deletion in the very moment before it took its locks. */
const MAX_ATTEMPTS = 20;
/** Serialization failures and deadlocks: nothing is wrong with the statement. */
const TRY_AGAIN = /^40/;
/** Data exceptions, constraint violations and program limits: something is wrong with one of the rows. */
const WRONG_ROW = /^(22|23|54)/;

export interface ShardWriteResult {
  /** In the order of the rows. */
  readonly outcomes: readonly WriteOutcome[];
  /** Where the rows that did not fail are visible; null where all did. */
  readonly position: bigint | null;
}

/** Writes to the primary of one shard. */
export class ShardEntityWriter {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  /**
   * Never throws an AtlasError: rows fail with it. Where it is unknown whether a row was written, the row fails.
   * @param rows With different ids.
   */
  async upsert(tenantId: TenantId, rows: readonly UpsertRow[]): Promise<ShardWriteResult> {
    const outcomes = await this.#outcomes(tenantId, rows);
    if (outcomes.every(({ status }) => status === 'FAILED')) return { outcomes, position: null };
    try {
      return { outcomes, position: await this.position() };
    } catch (error) {
      if (!(error instanceof AtlasError)) throw error;
      return { outcomes: outcomes.map(() => ({ status: 'FAILED', error })), position: null };
    }
  }

  async #outcomes(tenantId: TenantId, rows: readonly UpsertRow[]): Promise<WriteOutcome[]> {
    const outcomes = new Map<UpsertRow, WriteOutcome>();
    let remaining = rows;
    for (let attempt = 1; remaining.length > 0 && attempt <= MAX_ATTEMPTS; attempt++) {
      remaining = await this.#attempt(tenantId, remaining, attempt > 1, outcomes);
    }
    return rows.map((row) => outcomes.get(row) ?? { status: 'FAILED', error: contended(row.id) });
  }

  /** @throws AtlasError VERSION_CONFLICT | SHARD_UNAVAILABLE | TIMEOUT */
  async delete(tenantId: TenantId, id: EntityId, expectedVersion: bigint | null): Promise<boolean> {
    const statement = deleteStatement(tenantId, id, expectedVersion);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const [row] = await this.#run<DeletedRow>(tenantId, [id], attempt > 1, (session) => session.query(statement));
      const version = row?.stored_version ?? null;
      if (expectedVersion !== null && expectedVersion !== BigInt(version ?? 0)) {
        throw versionConflict(id, version, expectedVersion);
      }
      if (version === null) return false;
      if (row?.deleted === true) return true;
    }
    throw contended(id);
  }

  /** Everything that was committed before this call lies before it. */
  async position(): Promise<bigint> {
    const [row] = await this.#database.query<{ position: string }>({
      name: 'wal_position',
      text: "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text AS position",
      values: [],
    });
    return BigInt(row?.position ?? 0);
  }

  /** @returns the rows that are to be sent again. */
  async #attempt(
    tenantId: TenantId,
    rows: readonly UpsertRow[],
    lockFirst: boolean,
    outcomes: Map<UpsertRow, WriteOutcome>,
  ): Promise<UpsertRow[]> {
    try {
      const ids = rows.map(({ id }) => id);
      const upserted = await this.#run<UpsertedRow>(tenantId, ids, lockFirst, (session) =>
        session.query(upsertStatement(tenantId, rows)),
      );
      const raced: UpsertRow[] = [];
      for (const result of upserted) {
        const row = rows[result.n];
        if (row === undefined) throw new Error(`The statement speaks of row ${result.n} of ${rows.length}`);
        const outcome = outcomeOf(row, result);
        if (outcome === null) raced.push(row);
        else outcomes.set(row, outcome);
      }
      return raced;
    } catch (error) {
      return this.#afterError(error, tenantId, rows, outcomes);
    }
  }

  async #afterError(
    error: unknown,
    tenantId: TenantId,
    rows: readonly UpsertRow[],
    outcomes: Map<UpsertRow, WriteOutcome>,
  ): Promise<UpsertRow[]> {
    if (error instanceof AtlasError) {
      for (const row of rows) outcomes.set(row, { status: 'FAILED', error });
      return [];
    }
    if (!(error instanceof DatabaseError)) throw error;
    if (TRY_AGAIN.test(error.sqlState)) return [...rows];
    if (!WRONG_ROW.test(error.sqlState)) throw error;
    const [only] = rows;
    if (only !== undefined && rows.length === 1) {
      outcomes.set(only, { status: 'FAILED', error: refused(only.id, error) });
      return [];
    }
    // One row must not lose the others: halves find it.
    const middle = Math.ceil(rows.length / 2);
    const first = await this.#attempt(tenantId, rows.slice(0, middle), false, outcomes);
    return [...first, ...(await this.#attempt(tenantId, rows.slice(middle), false, outcomes))];
  }

  /** With the locks taken by a statement before it, a statement's snapshot shows what it will meet. */
  #run<Row extends object>(
    tenantId: TenantId,
    ids: readonly EntityId[],
    lockFirst: boolean,
    work: (session: PostgresSession) => Promise<Row[]>,
  ): Promise<Row[]> {
    if (!lockFirst) return work(this.#database);
    return this.#database.transaction(async (session) => {
      await session.query({
        name: 'entity_lock',
        text: `SELECT FROM atlas.entity WHERE tenant_id = $1 AND entity_id = ANY($2::bigint[])
          ORDER BY entity_id FOR UPDATE`,
        values: [tenantId, ids],
      });
      return work(session);
    });
  }
}

/** Null where the row lost a race. */
function outcomeOf({ id, write }: UpsertRow, result: UpsertedRow): WriteOutcome | null {
  switch (result.status) {
    case 'VERSION_CONFLICT':
      return { status: 'FAILED', error: versionConflict(id, result.stored_version, write.expectedVersion ?? 0n) };
    case 'OTHER_TYPE':
      return { status: 'FAILED', error: otherType(id, result.stored_type ?? '', write.type) };
    case 'UNCHANGED':
      return { status: 'UNCHANGED', entity: entityOf(id, write, result) };
    default:
      return result.written ? { status: result.status, entity: entityOf(id, write, result) } : null;
  }
}

function entityOf(id: EntityId, write: EntityWrite, row: UpsertedRow): EntityRecord {
  return {
    id,
    type: write.type,
    version: BigInt(row.version),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    attributes: row.attributes ?? givenValues(write),
    attributeUpdatedAt: row.attribute_updated_at,
  };
}

function givenValues(write: EntityWrite): Record<string, AttributeValue> {
  return Object.fromEntries(Array.from(lastValues(write), ({ attribute, value }) => [attribute.id, value]));
}

function versionConflict(id: EntityId, stored: string | null, expected: bigint): AtlasError {
  const found = stored === null ? 'does not exist' : `has version ${stored}`;
  const wanted = expected === 0n ? 'it must not exist yet' : `not version ${expected}`;
  return new AtlasError(
    'VERSION_CONFLICT',
    `Entity ${id} ${found}, ${wanted}: read it again, and give the version that you have seen.`,
    { details: { version: stored === null ? 0 : Number(stored) } },
  );
}

function otherType(id: EntityId, stored: string, given: string): AtlasError {
  return new AtlasError(
    'BAD_USER_INPUT',
    `Entity ${id} is of type ${JSON.stringify(stored)}, which never changes: give that type, not ${JSON.stringify(given)}.`,
  );
}

function refused(id: EntityId, cause: DatabaseError): AtlasError {
  return new AtlasError(
    'ATTRIBUTE_INVALID',
    `Entity ${id} has a value that cannot be stored: make its values smaller, or leave them out.`,
    { cause },
  );
}

function contended(id: EntityId): AtlasError {
  return new AtlasError('TIMEOUT', `Entity ${id} is being created and deleted all the time: try again later.`);
}
