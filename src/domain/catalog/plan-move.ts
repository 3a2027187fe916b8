import type { AttributeDefinition } from './attribute.ts';
import { nextStep, storagePlace } from './attribute-storage.ts';
import { invalidAttribute } from './check-definition.ts';
import type { Taken } from './taken.ts';

export const BEING_MOVED = 'has values that are on the way to another place; retry when that is complete';

interface Wanted {
  readonly filterable: boolean | undefined;
  readonly hot: boolean | undefined;
}

/**
 * How an attribute becomes filterable or hot, or no longer. What reads need is built first and used afterwards; what they do not need any
 * more is given up at once.
 * @throws AtlasError ATTRIBUTE_INVALID
 */
export function planMove(
  definition: AttributeDefinition,
  wanted: Wanted,
  taken: Taken,
): Partial<Pick<AttributeDefinition, 'filterable' | 'hotColumn' | 'storage'>> {
  const { key, hotColumn, storage } = definition;
  const present = target(definition);
  const filterable = wanted.filterable ?? present.filterable;
  const hot = wanted.hot ?? present.hot;
  if (hot && !filterable) throw invalidAttribute(key, 'cannot be hot without being filterable');
  if (filterable === present.filterable && hot === present.hot) return {};
  if (storage.move !== undefined) throw invalidAttribute(key, BEING_MOVED);
  const place = storagePlace(definition);
  if (!filterable) {
    const leave = place === null ? undefined : ({ kind: 'LEAVE', place } as const);
    return { filterable: false, hotColumn: null, storage: nextStep(storage, leave) };
  }
  const to = hot ? (hotColumn ?? taken.claimHotColumn(definition)) : 'row';
  return { storage: nextStep(storage, { kind: 'BUILD', place: to }) };
}

/** What holds, or will when the step that is being made is complete. */
function target({ filterable, hotColumn, storage: { move } }: AttributeDefinition): {
  filterable: boolean;
  hot: boolean;
} {
  if (move?.kind === 'BUILD') return { filterable: true, hot: move.place !== 'row' };
  return { filterable, hot: hotColumn !== null };
}
