import { type EntityState, type ObservedEntity, stateText, type Value } from '../model/entity-state.ts';
import { memberOf } from '../model/schema.ts';
import type { ReportedFreshness } from './answer.ts';

/** An entity as `ENTITY_FIELDS` selects it. */
export interface AnsweredEntity {
  readonly id: string;
  readonly type: string;
  readonly version: number | string;
  readonly freshness: ReportedFreshness;
  readonly attributes: readonly (Readonly<Record<string, Value>> & { readonly key: string })[];
}

export function observed({ id, type, version, attributes }: AnsweredEntity): ObservedEntity {
  const entries = attributes.map((attribute): [string, Value] => [
    attribute.key,
    attribute[memberOf(attribute.key)] ?? null,
  ]);
  const state: EntityState = { type, attributes: Object.fromEntries(entries) };
  return { id, state, text: stateText(state), version: Number(version) };
}
