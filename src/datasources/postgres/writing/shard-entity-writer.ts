import { DatabaseError } from '../../../connections/database-error.ts';
import type { PostgresDatabase, PostgresSession, Statement } from '../../../connections/postgres/postgres-database.ts';
import { attemptAsync, isError } from '../../../domain/attempt.ts';
import type { Author } from '../../../domain/caller.ts';
import type { AttributeDefinition, AttributeId, AttributeValue } from '../../../domain/catalog/attribute.ts';
import { refusesValues } from '../../../domain/catalog/attribute-storage.ts';
import type { WholeEntity } from '../../../domain/entity.ts';
import { AtlasError } from '../../../domain/errors.ts';
import type { EntityId } from '../../../domain/identifiers.ts';
import { overLimit } from '../../../domain/over-limit.ts';
import { writtenPosition } from '../../../watermarks/wal-position.ts';
import type { EntityLimits, EntityWrite, WriteOutcome } from '../../entity-writer.ts';
import { type DeletedRow, deleteStatement } from './delete-statement.ts';
import { lastValues, STALE_CATALOG, type UpsertedRow, type UpsertRow, upsertStatement } from './upsert-statement.ts';

/** An attempt after the first loses only to a creation or deletion in the moment before it takes its locks. */
const MAX_ATTEMPTS = 20;
/** SQLSTATE class of serialization failures and deadlocks: the statement can be repeated. */
const TRY_AGAIN = /^40/;
/** SQLSTATE classes of data exceptions, constraint violations and program limits: one of the rows is wrong. */
const WRONG_ROW = /^(22|23|54)/;

const LOCK = {
  name: 'entity_lock',
  text: 'SELECT FROM atlas.entity WHERE tenant_id = $1 AND entity_id = ANY($2::bigint[]) ORDER BY entity_id FOR UPDATE',
};

/** The catalog of all tenants, in memory. */
export interface CurrentDefinitions {
  readonly revision: number;
  byId(id: AttributeId): AttributeDefinition | undefined;
  /** @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT, or the signal's reason */
  refresh(signal?: AbortSignal): Promise<void>;
}

/** Rows that are written together. */
interface Batch {
  readonly author: Author;
  /** Filled as the rows are settled. */
  readonly outcomes: Map<UpsertRow, WriteOutcome>;
  readonly signal: AbortSignal | undefined;
}

/** Writes to the primary of one shard. */
export class ShardEntityWriter {
  readonly #database: PostgresDatabase;
  readonly #definitions: CurrentDefinitions;
  readonly #maxEntityBytes: number;

  constructor(database: PostgresDatabase, { maxEntityBytes }: EntityLimits, definitions: CurrentDefinitions) {
    this.#database = database;
    this.#definitions = definitions;
    this.#maxEntityBytes = maxEntityBytes;
  }

  /**
   * Returns outcomes in the order of the rows. Never throws an AtlasError: rows fail with it. If it is unknown whether a row was
   * written, the row fails.
   * @param rows With different ids.
   */
  async upsert(author: Author, rows: readonly UpsertRow[], signal?: AbortSignal): Promise<readonly WriteOutcome[]> {
    const batch = { author, outcomes: new Map<UpsertRow, WriteOutcome>(), signal };
    let remaining = rows;
    for (let attempt = 1; remaining.length > 0 && attempt <= MAX_ATTEMPTS; attempt++) {
      remaining = await this.#attempt(batch, remaining, attempt > 1);
    }
    return rows.map((row) => batch.outcomes.get(row) ?? { status: 'FAILED', error: contended(row.id) });
  }

  /**
   * @returns whether the entity existed
   * @throws AtlasError VERSION_CONFLICT | SHARD_UNAVAILABLE | TIMEOUT
   */
  async delete(author: Author, id: EntityId, expectedVersion: bigint | null, signal?: AbortSignal): Promise<boolean> {
    const statement = deleteStatement(author, id, expectedVersion);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const lockFirst = attempt > 1;
      const [row] = await this.#run<DeletedRow>({ author, signal }, [id], lockFirst, statement);
      const version = row?.stored_version ?? null;
      if (expectedVersion !== null && expectedVersion !== BigInt(version ?? 0)) {
        throw versionConflict(id, version, expectedVersion);
      }
      if (version === null) return false;
      if (row?.deleted === true) return true;
    }
    throw contended(id);
  }

  /**
   * A position after everything that was committed before this call.
   * @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT, DatabaseError
   */
  position(signal?: AbortSignal): Promise<bigint> {
    return writtenPosition(this.#database, signal);
  }

  /** @returns the rows to send again */
  async #attempt(batch: Batch, rows: readonly UpsertRow[], lockFirst: boolean): Promise<UpsertRow[]> {
    if (rows.length === 0) return [];
    try {
      const writable = this.#writable(batch, rows);
      if (writable.length < rows.length) return await this.#attempt(batch, writable, lockFirst);
      const ids = rows.map(({ id }) => id);
      const current = rows.map(({ id, write }) => ({ id, write: this.#withCurrent(write) }));
      const statement = upsertStatement(batch.author, current, this.#maxEntityBytes, this.#definitions.revision);
      const upserted = await this.#run<UpsertedRow>(batch, ids, lockFirst, statement);
      const raced: UpsertRow[] = [];
      for (const result of upserted) {
        const row = rows[result.n];
        if (row === undefined) throw new Error(`The statement reports row ${result.n} of ${rows.length}`);
        const outcome = this.#outcomeOf(row, result);
        if (outcome === null) raced.push(row);
        else batch.outcomes.set(row, outcome);
      }
      return raced;
    } catch (error) {
      return this.#afterError(error, batch, rows);
    }
  }

  async #afterError(error: unknown, batch: Batch, rows: readonly UpsertRow[]): Promise<UpsertRow[]> {
    const { outcomes } = batch;
    if (error instanceof AtlasError) {
      for (const row of rows) outcomes.set(row, { status: 'FAILED', error });
      return [];
    }
    if (!(error instanceof DatabaseError)) throw error;
    if (TRY_AGAIN.test(error.sqlState)) return [...rows];
    if (error.sqlState === STALE_CATALOG) return this.#afterRefresh(batch, rows);
    if (!WRONG_ROW.test(error.sqlState)) throw error;
    const [only] = rows;
    if (only !== undefined && rows.length === 1) {
      outcomes.set(only, { status: 'FAILED', error: refused(only.id, error) });
      return [];
    }
    // Find the wrong row by halves, so that only it fails.
    const middle = Math.ceil(rows.length / 2);
    const first = await this.#attempt(batch, rows.slice(0, middle), false);
    return [...first, ...(await this.#attempt(batch, rows.slice(middle), false))];
  }

  async #afterRefresh({ outcomes, signal }: Batch, rows: readonly UpsertRow[]): Promise<UpsertRow[]> {
    const error = await attemptAsync(() => this.#definitions.refresh(signal));
    if (!isError(error)) return [...rows];
    for (const row of rows) outcomes.set(row, { status: 'FAILED', error });
    return [];
  }

  /** Without the rows that set an attribute which is deleted by now; they fail. */
  #writable({ outcomes }: Batch, rows: readonly UpsertRow[]): readonly UpsertRow[] {
    return rows.filter((row) => {
      const gone = row.write.set.find(({ attribute }) => refusesValues(this.#current(attribute)));
      if (gone === undefined) return true;
      const error = new AtlasError('ATTRIBUTE_UNKNOWN', `Attribute "${gone.attribute.key}" has been deleted.`);
      outcomes.set(row, { status: 'FAILED', error });
      return false;
    });
  }

  /** The definitions that a row was checked with may have become out of date on the way. */
  #withCurrent(write: EntityWrite): EntityWrite {
    return {
      ...write,
      set: write.set.map(({ attribute, value }) => ({ attribute: this.#current(attribute), value })),
      remove: write.remove.map((attribute) => this.#current(attribute)),
    };
  }

  #current(attribute: AttributeDefinition): AttributeDefinition {
    return this.#definitions.byId(attribute.id) ?? attribute;
  }

  /** If an earlier statement has taken the locks, the snapshot of the next one shows the rows as it will find them. */
  #run<Row extends object>(
    { author: { tenantId }, signal }: Pick<Batch, 'author' | 'signal'>,
    ids: readonly EntityId[],
    lockFirst: boolean,
    statement: Statement,
  ): Promise<Row[]> {
    if (!lockFirst) return this.#database.query<Row>(statement, signal);
    const locked = async (session: PostgresSession): Promise<Row[]> => {
      await session.query({ ...LOCK, tenant: tenantId, values: [tenantId, ids] });
      return session.query<Row>(statement);
    };
    return this.#database.transaction(locked, 'READ COMMITTED', signal);
  }

  /** Null if the row lost a race. */
  #outcomeOf({ id, write }: UpsertRow, result: UpsertedRow): WriteOutcome | null {
    switch (result.status) {
      case 'VERSION_CONFLICT':
        return { status: 'FAILED', error: versionConflict(id, result.stored_version, write.expectedVersion ?? 0n) };
      case 'OTHER_TYPE':
        return { status: 'FAILED', error: otherType(id, result.stored_type ?? '', write.type) };
      case 'OTHER_KEY':
        return { status: 'FAILED', error: otherKey(id) };
      case 'WITHOUT_KEY':
        return { status: 'FAILED', error: withoutKey(id, write.type) };
      case 'UNCHANGED':
        return { status: 'UNCHANGED', entity: entityOf(id, write, result) };
      default:
        if (result.bytes > this.#maxEntityBytes) {
          return { status: 'FAILED', error: tooLarge(id, result.bytes, this.#maxEntityBytes) };
        }
        return result.written ? { status: result.status, entity: entityOf(id, write, result) } : null;
    }
  }
}

function entityOf(id: EntityId, write: EntityWrite, row: UpsertedRow): WholeEntity {
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
  const wanted = expected === 0n ? 'no such entity' : `version ${expected}`;
  return new AtlasError('VERSION_CONFLICT', `Entity ${id} ${found}; expected ${wanted}. Read it again and retry.`, {
    details: { version: stored === null ? 0 : Number(stored) },
  });
}

function otherType(id: EntityId, stored: string, given: string): AtlasError {
  return new AtlasError(
    'BAD_USER_INPUT',
    `Entity ${id} has type ${JSON.stringify(stored)}, got ${JSON.stringify(given)}; the type of an entity cannot change.`,
  );
}

function otherKey(id: EntityId): AtlasError {
  return new AtlasError(
    'BAD_USER_INPUT',
    `Another key has the same id, ${id}: ids of 61 bits are derived from keys, and two rarely are the same. Nothing was written; the entity that has the id keeps it.`,
    { hint: 'Use another key for this entity.' },
  );
}

function withoutKey(id: EntityId, type: string): AtlasError {
  return new AtlasError(
    'BAD_USER_INPUT',
    `Entity ${id} does not exist; entities of type ${JSON.stringify(type)} are created with a value of their key and without an id.`,
    { hint: 'Leave the id out, and set the unique attribute of the type.' },
  );
}

function refused(id: EntityId, cause: DatabaseError): AtlasError {
  return new AtlasError('ATTRIBUTE_INVALID', `Entity ${id} has a value that the database cannot store.`, { cause });
}

function contended(id: EntityId): AtlasError {
  return new AtlasError('TIMEOUT', `Entity ${id} is being modified concurrently; retry.`, { hint: 'Retry.' });
}

function tooLarge(id: EntityId, bytes: number, limit: number): AtlasError {
  return new AtlasError('LIMIT_EXCEEDED', `Entity ${id} would have ${bytes} bytes; the limit is ${limit}.`, {
    hint: overLimit('Send smaller values, or remove some', 'ATLAS_MAX_ENTITY_BYTES'),
  });
}
