import type { PostgresDatabase } from '../../../connections/postgres/postgres-database.ts';
import type { AttributeDefinition } from '../../../domain/catalog/attribute.ts';
import { type AttributeMove, nextStep, placeNamed, storagePlace } from '../../../domain/catalog/attribute-storage.ts';
import type { ShardId } from '../../../domain/identifiers.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { SettledStep } from '../catalog/catalog-row.ts';
import { buildPlace } from './build-place.ts';
import { clearStatements, deleteStatements } from './move-statements.ts';
import { makeStep, StepOverError, type StepProgress, type StepWork, statementWork } from './shard-step.ts';

/** The catalog of all tenants. */
export interface MovedCatalog {
  readonly revision: number;
  moving(): readonly AttributeDefinition[];
  settleStep(definition: AttributeDefinition, next: SettledStep, signal?: AbortSignal): Promise<boolean>;
}

/** Whether every server that is read besides the primary contains what the shard had at the position. */
export type HasReached = (shard: ShardId, position: bigint, signal: AbortSignal) => Promise<boolean>;

export interface MoveOptions {
  readonly catalog: MovedCatalog;
  /** One for every shard. */
  readonly primaries: readonly PostgresDatabase[];
  readonly hasReached: HasReached;
  /** How long a place is left alone after the catalog has said that it is not read any more: longer than any request takes. */
  readonly graceMs: number;
  readonly clock: Clock;
}

/**
 * Makes the step that a definition is at, on all shards, and ends it in the catalog once that is safe.
 * @returns whether this call has ended the step. If not, call it again later, as long as the catalog has it: what has been done stays done.
 * @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT, or the signal's reason
 */
export async function moveStep(
  { catalog, primaries, hasReached, graceMs, clock }: MoveOptions,
  definition: AttributeDefinition,
  signal: AbortSignal,
  onProgress: (progress: StepProgress) => void = () => {},
): Promise<boolean> {
  const { move } = definition.storage;
  if (move === undefined) return false;
  const { revision } = catalog;
  const work = workOf(definition, move);
  try {
    const reached = primaries.map(async (primary) => {
      if (work === null) return true;
      const position = await makeStep(primary, definition, revision, work, onProgress, signal);
      return hasReached(primary.shard, position, signal);
    });
    if ((await Promise.all(reached)).includes(false)) return false;
  } catch (error) {
    if (error instanceof StepOverError) return false;
    throw error;
  }
  const isRead = move.kind === 'LEAVE' || move.kind === 'DELETE';
  if (isRead && clock.now() < definition.updatedAt.getTime() + graceMs) return false;
  return catalog.settleStep(definition, settled(definition, move), signal);
}

/** Null: there is nothing to do but to wait. */
function workOf(definition: AttributeDefinition, move: AttributeMove): StepWork | null {
  switch (move.kind) {
    case 'BUILD':
      return buildPlace(definition, placeNamed(move.place, definition.type));
    case 'LEAVE':
      return null;
    case 'CLEAR':
      return statementWork(definition, (span) => clearStatements(definition, move.place, span));
    case 'DELETE':
      return statementWork(definition, (span) => deleteStatements(definition, span));
  }
}

/** What holds afterwards. */
function settled(definition: AttributeDefinition, move: AttributeMove): SettledStep {
  const { storage, filterable, hotColumn } = definition;
  switch (move.kind) {
    case 'BUILD': {
      const left = storagePlace(definition);
      const next = nextStep(storage, left === null ? undefined : { kind: 'LEAVE', place: left });
      return { storage: next, filterable: true, hotColumn: move.place === 'row' ? null : move.place };
    }
    case 'LEAVE':
      return { storage: nextStep(storage, { kind: 'CLEAR', place: move.place }), filterable, hotColumn };
    case 'CLEAR':
      return { storage: nextStep(storage), filterable, hotColumn };
    case 'DELETE':
      return { storage: { ...nextStep(storage), deleted: true }, filterable, hotColumn };
  }
}
