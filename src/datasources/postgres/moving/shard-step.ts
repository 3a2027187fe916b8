import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresDatabase, PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { AttributeDefinition } from '../../../domain/catalog/attribute.ts';
import { isBeingDeleted } from '../../../domain/catalog/attribute-storage.ts';
import { isListType } from '../../../domain/catalog/list-types.ts';
import { walBytes } from '../../../watermarks/wal-position.ts';
import type { EntitySpan, MoveStatement } from './move-statements.ts';
import { untilWritersEnd } from './writers-before.ts';

/** Entities in one transaction: as many as writers may have to wait for. */
const BATCH = 500;
/** Elements of lists in one transaction, which are rows of their own; one list more than this at most. */
const BATCH_ELEMENTS = 20_000;
/** How long a batch that another process is at work on is left to it. */
const POLL_MS = 100;

const NEED_CATALOG = 'UPDATE atlas.shard SET needed_catalog = $1 WHERE needed_catalog < $1';
/** A step replaces an earlier one; a later one, or the same, stays as it is. */
const BEGIN = `
INSERT INTO atlas.attribute_move AS m (tenant_id, attribute_id, step, deletes) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, attribute_id) DO UPDATE
SET step = EXCLUDED.step, pass = 1, reached = NULL, is_passed = false, entities = 0, changed = 0, position = NULL,
  completed_at = NULL, deletes = EXCLUDED.deletes, removed_at = NULL
WHERE m.step < EXCLUDED.step`;
const STATE = `
SELECT pass, is_passed AS "isPassed", entities::float8 AS entities, changed::float8 AS changed, ${walBytes('position')} AS position
FROM atlas.attribute_move WHERE tenant_id = $1 AND attribute_id = $2 AND step = $3`;
const TAKE = `
SELECT pass, reached FROM atlas.attribute_move
WHERE tenant_id = $1 AND attribute_id = $2 AND step = $3 AND NOT is_passed FOR UPDATE SKIP LOCKED`;
const ENTITIES = `
  SELECT entity_id, attributes FROM atlas.entity WHERE tenant_id = $1 AND ($2::bigint IS NULL OR entity_id > $2::bigint)
  ORDER BY entity_id LIMIT ${BATCH}`;
const SPAN = `
SELECT count(*)::integer AS entities, max(entity_id) AS last, count(*) < ${BATCH} AS "isEnd" FROM (${ENTITIES}
) batch`;
/** Of a list, those that it has, or has rows of; $3 is the attribute. */
const LIST_SPAN = `
SELECT count(*) FILTER (WHERE fits)::integer AS entities, max(entity_id) FILTER (WHERE fits) AS last,
  count(*) < ${BATCH} AND count(*) = count(*) FILTER (WHERE fits) AS "isEnd"
FROM (
  SELECT entity_id, coalesce(sum(elements) OVER (ORDER BY entity_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < ${BATCH_ELEMENTS} AS fits
  FROM (
    SELECT e.entity_id, greatest(
      CASE jsonb_typeof(e.attributes -> $3::text) WHEN 'array' THEN jsonb_array_length(e.attributes -> $3::text) ELSE 0 END,
      (SELECT a.value_number FROM atlas.entity_attribute a WHERE a.tenant_id = $1 AND a.entity_id = e.entity_id AND a.attribute_id = $3::text::integer)
    ) AS elements
    FROM (${ENTITIES}
    ) e
  ) counted
) batch`;
const REACHED = `
UPDATE atlas.attribute_move SET reached = $4, is_passed = $4::bigint IS NULL, entities = entities + $5, changed = changed + $6
WHERE tenant_id = $1 AND attribute_id = $2 AND step = $3`;
const NEXT_PASS = `
UPDATE atlas.attribute_move SET pass = pass + 1, reached = NULL, is_passed = false, entities = 0, changed = 0
WHERE tenant_id = $1 AND attribute_id = $2 AND step = $3 AND pass = $4 AND is_passed AND changed > 0`;
const COMPLETE = `
UPDATE atlas.attribute_move SET position = coalesce(position, pg_current_wal_insert_lsn()), completed_at = coalesce(completed_at, clock_timestamp())
WHERE tenant_id = $1 AND attribute_id = $2 AND step = $3 AND pass = $4 AND is_passed AND changed = 0`;

interface State {
  readonly pass: number;
  readonly isPassed: boolean;
  readonly entities: number;
  readonly changed: number;
  /** Null: not complete. */
  readonly position: string | null;
}

interface Span {
  readonly entities: number;
  readonly last: string | null;
  readonly isEnd: boolean;
}

const NOTHING_LEFT: Span = { entities: 0, last: null, isEnd: true };

/** What the step does with the entities of a span, in the transaction of the session. @returns how many rows it changed. */
export type StepWork = (session: PostgresSession, span: EntitySpan) => Promise<number>;

export interface StepProgress {
  readonly shard: string;
  readonly pass: number;
  /** That this pass has looked at. */
  readonly entities: number;
}

/** Another step of the attribute has begun, so that this one is over. */
export class StepOverError extends Error {
  override readonly name = 'StepOverError';
}

/**
 * Makes the present step of an attribute on one shard, in passes over the tenant's entities, one short transaction for each batch.
 *
 * Whoever writes to the shard afterwards knows the step: their statements fail as long as their catalog is older than `catalogRevision`.
 * The writers of before may have read an entity before a batch changed it, and write it back after that as it was. So another pass
 * follows each pass that has changed anything, and begins when all writers that were there have ended. A pass that changes nothing is
 * the last one.
 *
 * Any number of processes may be at work on a step. Each batch is made by one of them, and recorded with what it has done: whoever continues,
 * continues there.
 * @returns the position after everything that the step has changed.
 * @throws StepOverError, AtlasError SHARD_UNAVAILABLE | TIMEOUT, or the signal's reason
 */
export async function makeStep(
  primary: PostgresDatabase,
  definition: AttributeDefinition,
  catalogRevision: number,
  work: StepWork,
  onProgress: (progress: StepProgress) => void,
  signal: AbortSignal,
): Promise<bigint> {
  const { tenantId } = definition;
  const key = keyOf(definition);
  const run = <Row extends object>(text: string, more: readonly unknown[] = []) =>
    primary.query<Row>({ tenant: tenantId, text, values: [...key, ...more] }, signal);
  await primary.query({ text: NEED_CATALOG, values: [catalogRevision] }, signal);
  await run(BEGIN, [isBeingDeleted(definition)]);
  await untilWritersEnd(primary, signal);
  for (;;) {
    signal.throwIfAborted();
    const [state] = await run<State>(STATE);
    if (state === undefined) throw new StepOverError();
    const { pass, isPassed, entities, changed, position } = state;
    onProgress({ shard: primary.shard, pass, entities });
    if (position !== null) return BigInt(position);
    if (!isPassed) {
      if (!(await makeBatch(primary, definition, work, signal))) await delay(POLL_MS, undefined, { signal });
    } else if (changed === 0) await run(COMPLETE, [pass]);
    else {
      await untilWritersEnd(primary, signal);
      await run(NEXT_PASS, [pass]);
    }
  }
}

function keyOf({ tenantId, id, storage }: AttributeDefinition): readonly unknown[] {
  return [tenantId, id, storage.steps ?? 0];
}

/** @returns whether there was a batch that no one else is at work on. */
function makeBatch(
  primary: PostgresDatabase,
  definition: AttributeDefinition,
  work: StepWork,
  signal: AbortSignal,
): Promise<boolean> {
  const { tenantId: tenant, id, type } = definition;
  const key = keyOf(definition);
  return primary.transaction(
    async (session) => {
      const run = <Row extends object>(text: string, values: readonly unknown[]) =>
        session.query<Row>({ tenant, text, values });
      const [taken] = await run<{ reached: string | null }>(TAKE, key);
      if (taken === undefined) return false;
      const after = taken.reached;
      const [span] = isListType(type)
        ? await run<Span>(LIST_SPAN, [tenant, after, String(id)])
        : await run<Span>(SPAN, [tenant, after]);
      const { entities, last, isEnd } = span ?? NOTHING_LEFT;
      const upTo = isEnd ? null : last;
      const changed = await work(session, { after, upTo });
      await run(REACHED, [...key, upTo, entities, changed]);
      return true;
    },
    'READ COMMITTED',
    signal,
  );
}

/** As the work of a step: statements that return how many rows they have changed. */
export function statementWork(
  { tenantId }: AttributeDefinition,
  statements: (span: EntitySpan) => readonly MoveStatement[],
): StepWork {
  return async (session, span) => {
    let changed = 0;
    for (const { text, values } of statements(span)) {
      const [row] = await session.query<{ count: number }>({ tenant: tenantId, text, values });
      changed += row?.count ?? 0;
    }
    return changed;
  };
}
