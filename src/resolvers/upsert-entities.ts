import type { WriteOutcome } from '../datasources/entity-writer.ts';
import { attempt, isError, isRight } from '../domain/attempt.ts';
import type { AtlasError } from '../domain/errors.ts';
import type { ErrorPolicy, UpsertEntityInput } from '../generated/resolver-types.ts';
import { defineImplicitly } from './define-implicitly.ts';
import type { EntityNode } from './entity-node.ts';
import { noteWrite, writtenEntity } from './note-write.ts';
import type { RequestContext } from './request-context.ts';
import { entityWrite, upsertRow } from './upsert-row.ts';

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
 * where the server allows that and the row is right otherwise.
 */
export async function upsertEntities(
  inputs: readonly UpsertEntityInput[],
  policy: ErrorPolicy,
  context: RequestContext,
): Promise<UpsertResult> {
  const rows = inputs.map((input) => attempt(() => upsertRow(input, context.settings)));
  const hopeless = policy === 'REJECT_ALL' && rows.some(isError);
  const refused = await defineImplicitly(hopeless ? [] : rows.filter(isRight), policy, context);
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
