import type { EntityWrite, EntityWriter, WriteOutcome, WriteResult } from '../datasources/entity-writer.ts';
import { attempt, isError, isRight } from '../domain/attempt.ts';
import type { Author } from '../domain/caller.ts';
import type { TenantCatalog } from '../domain/catalog/attribute.ts';
import type { AttributeCatalog } from '../domain/catalog/attribute-catalog.ts';
import { writableAttribute } from '../domain/catalog/attribute-lookup.ts';
import { AtlasError } from '../domain/errors.ts';
import { overLimit } from '../domain/over-limit.ts';
import type { Clock } from '../lib/clock.ts';
import { inTurns, type Pace } from '../lib/event-loop-turns.ts';
import { checkRow, type EntityInput, type RowLimits } from './check-row.ts';
import { DraftAttributes, type DraftedRow } from './draft-attributes.ts';

/** What happens to the other rows of a batch if a row is refused before anything is written. */
export type ErrorPolicy = 'REJECT_FAILED_ROWS' | 'REJECT_ALL';

export interface UpsertLimits extends RowLimits {
  readonly maxUpsertRows: number;
  /** Whether attributes that are not defined yet are defined by their first value. */
  readonly implicitAttributes: boolean;
}

export interface UpsertParts {
  readonly caller: Author;
  /** Of the caller's tenant. */
  readonly catalog: TenantCatalog;
  readonly attributes: AttributeCatalog;
  readonly writer: EntityWriter;
  readonly limits: UpsertLimits;
  readonly clock: Clock;
  /** Of the request. */
  readonly cost: { readonly isQuick: boolean };
  readonly signal: AbortSignal;
}

export type RowOutcome = WriteOutcome | { readonly status: 'NOT_WRITTEN' };

/** The outcomes are in the order of the inputs. */
export interface UpsertResult extends WriteResult<readonly RowOutcome[]> {
  /** The catalog with the attributes that the rows have defined. */
  readonly catalog: TenantCatalog;
  /** When the write was sent, in milliseconds since the epoch. */
  readonly sentAt: number;
}

/**
 * Checks all rows, defines the attributes that valid rows need, and writes. A refused row defines nothing; with REJECT_ALL, a
 * refused row keeps all rows from defining and writing anything.
 * @throws AtlasError LIMIT_EXCEEDED for too many rows; all other AtlasErrors are outcomes
 */
export async function upsertEntities(
  inputs: readonly EntityInput[],
  policy: ErrorPolicy,
  parts: UpsertParts,
): Promise<UpsertResult> {
  const { caller, writer, limits, clock, signal } = parts;
  if (inputs.length > limits.maxUpsertRows) {
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `upsertEntities got ${inputs.length} rows; the limit is ${limits.maxUpsertRows}.`,
      { hint: overLimit('Send fewer rows at once', 'ATLAS_MAX_UPSERT_ROWS') },
    );
  }
  const { writes, catalog } = limits.implicitAttributes
    ? await defineAndCheck(inputs, policy, parts)
    : { writes: await inTurns(inputs, (input) => checked(input, parts), pace(parts)), catalog: parts.catalog };
  const isRejected = policy === 'REJECT_ALL' && writes.some(isError);
  const sentAt = clock.now();
  const { outcome, positions } = await writer.upsert(caller, isRejected ? [] : writes.filter(isRight), signal);
  const written = outcome.values();
  return {
    outcome: writes.map((write): RowOutcome => {
      if (isError(write)) return { status: 'FAILED', error: write };
      return isRejected ? { status: 'NOT_WRITTEN' } : next(written);
    }),
    positions,
    catalog,
    sentAt,
  };
}

function checked(input: EntityInput, { catalog, limits }: UpsertParts): EntityWrite | AtlasError {
  return attempt(() => checkRow(input, catalog, (key) => writableAttribute(catalog, key), limits));
}

async function defineAndCheck(
  inputs: readonly EntityInput[],
  policy: ErrorPolicy,
  parts: UpsertParts,
): Promise<{ writes: readonly (EntityWrite | AtlasError)[]; catalog: TenantCatalog }> {
  const { caller, catalog, attributes, limits, signal } = parts;
  const drafts = new DraftAttributes(catalog, limits);
  const rows = await inTurns(inputs, (input): DraftedRow => drafts.check(input), pace(parts));
  const isRejected = policy === 'REJECT_ALL' && rows.some(({ write }) => isError(write));
  if (isRejected || drafts.isEmpty) return { writes: rows.map(({ write }) => write), catalog };
  const refused = await drafts.define(attributes, caller, signal);
  const current = attributes.forTenant(catalog.tenantId);
  return { writes: await inTurns(rows, (row) => drafts.settle(row, current, refused), pace(parts)), catalog: current };
}

const pace = ({ cost, signal }: UpsertParts): Pace => ({ isQuick: cost.isQuick, signal });

function next(outcomes: Iterator<WriteOutcome>): WriteOutcome {
  const { done, value } = outcomes.next();
  if (done === true) throw new RangeError('The writer returned fewer outcomes than it was given writes');
  return value;
}
