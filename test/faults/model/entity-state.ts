import { canonicalJson, type JsonValue } from '../../../src/lib/canonical-json.ts';

export type Value = string | number | boolean | JsonValue;

/** What an entity holds, its version apart. Timestamps are ISO 8601 text in UTC, as answers give them. */
export interface EntityState {
  readonly type: string;
  readonly attributes: Readonly<Record<string, Value>>;
}

/** Equal states have equal texts. An entity that does not exist has a state of its own. */
export function stateText(state: EntityState | null): string {
  return state === null ? 'absent' : canonicalJson({ type: state.type, attributes: state.attributes as JsonValue });
}

/** An entity as an answer shows it, with the text and the version that the model compares. */
export interface ObservedEntity {
  readonly id: string;
  readonly state: EntityState | null;
  readonly text: string;
  /** 0 if the entity is absent. */
  readonly version: number;
}

export function absent(id: string): ObservedEntity {
  return { id, state: null, text: stateText(null), version: 0 };
}

/** The state after an upsert of these attributes; what it does not name stays. */
export function upserted(
  before: EntityState | null,
  type: string,
  set: Readonly<Record<string, Value>>,
  removed: readonly string[],
): EntityState {
  const kept = Object.entries({ ...before?.attributes, ...set }).filter(([key]) => !removed.includes(key));
  return { type, attributes: Object.fromEntries(kept) };
}
