import type { WriteOutcome } from '../datasources/entity-writer.ts';
import type { AttributeType } from '../domain/attribute.ts';
import { AtlasError } from '../domain/errors.ts';
import type { AttributeInput, ErrorPolicy, UpsertEntityInput } from '../generated/resolver-types.ts';
import type { EntityNode } from './entity-node.ts';
import { noteWrite, writtenEntity } from './note-write.ts';
import type { RequestContext } from './request-context.ts';
import { entityWrite, type UpsertRow, upsertRow } from './upsert-row.ts';

export type RowResult =
  | { readonly status: 'CREATED' | 'UPDATED' | 'UNCHANGED'; readonly entity: EntityNode }
  | { readonly status: 'FAILED'; readonly error: AtlasError }
  | { readonly status: 'NOT_WRITTEN' };

export interface UpsertResult {
  readonly results: readonly RowResult[];
  readonly consistencyToken: string;
}

/**
 * Every row is checked before any is written. Attributes that are not defined are defined by the first value given,
 * where the server allows that.
 */
export async function upsertEntities(
  inputs: readonly UpsertEntityInput[],
  policy: ErrorPolicy,
  context: RequestContext,
): Promise<UpsertResult> {
  const rows = inputs.map((input) => attempt(() => upsertRow(input, context.settings)));
  const hopeless = policy === 'REJECT_ALL' && rows.some(isError);
  const refused = await defineImplicitly(hopeless ? [] : rows.filter(isRight), context);
  const writes = rows.map((row) =>
    isError(row) ? row : attempt(() => entityWrite(row, context.catalog, refused, context.settings)),
  );
  const wrong = writes.some(isError);
  const accepted = wrong && policy === 'REJECT_ALL' ? [] : writes.filter(isRight);
  const startedAt = context.clock.now();
  const { outcome, positions } = await context.writer.upsert(context.tenantId, accepted);
  const outcomes = outcome.values();
  return {
    results: writes.map((write): RowResult => {
      if (isError(write)) return { status: 'FAILED', error: write };
      const result = outcomes.next().value;
      return result === undefined ? { status: 'NOT_WRITTEN' } : rowResult(result, startedAt, context);
    }),
    consistencyToken: noteWrite(positions, context),
  };
}

function rowResult(outcome: WriteOutcome, startedAt: number, context: RequestContext): RowResult {
  if (outcome.status === 'FAILED') return outcome;
  return { status: outcome.status, entity: writtenEntity(outcome.entity, startedAt, context) };
}

/**
 * Defines what rows give and nobody has defined yet.
 * @returns why a key could not be defined: only the rows that give it fail.
 */
async function defineImplicitly(
  rows: readonly UpsertRow[],
  context: RequestContext,
): Promise<ReadonlyMap<string, AtlasError>> {
  const refused = new Map<string, AtlasError>();
  if (!context.settings.ATLAS_IMPLICIT_ATTRIBUTES) return refused;
  const unknown = new Map<string, AttributeType>();
  for (const input of rows.flatMap(({ attributes }) => attributes)) {
    const type = givenType(input);
    if (type === null || context.catalog.byKey(input.key) !== undefined || unknown.has(input.key)) continue;
    unknown.set(input.key, type);
  }
  if (unknown.size === 0) return refused;
  const wanted = [...unknown].map(([key, type]) => ({ key, type }));
  const define = (attributes: typeof wanted) =>
    attemptAsync(() => context.attributes.define(context.tenantId, attributes));
  if (isError(await define(wanted))) {
    for (const one of wanted) {
      const defined = await define([one]);
      if (isError(defined)) refused.set(one.key, defined);
    }
  }
  context.catalog = context.attributes.forTenant(context.tenantId);
  return refused;
}

/** Null where the input has no value to tell by. */
function givenType({ text, number, boolean, timestamp, json }: AttributeInput): AttributeType | null {
  if (text != null) return 'TEXT';
  if (number != null) return 'NUMBER';
  if (boolean != null) return 'BOOLEAN';
  if (timestamp != null) return 'TIMESTAMP';
  return json == null ? null : 'JSON';
}

/** @throws whatever is no AtlasError */
function attempt<T>(work: () => T): T | AtlasError {
  try {
    return work();
  } catch (error) {
    if (error instanceof AtlasError) return error;
    throw error;
  }
}

/** @throws whatever is no AtlasError */
async function attemptAsync<T>(work: () => Promise<T>): Promise<T | AtlasError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AtlasError) return error;
    throw error;
  }
}

function isError(value: unknown): value is AtlasError {
  return value instanceof AtlasError;
}

function isRight<T>(value: T | AtlasError): value is T {
  return !isError(value);
}
