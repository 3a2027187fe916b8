import type { AttributeDefinition, AttributeLookup, AttributeValue } from '../../../domain/catalog/attribute.ts';
import type { EntityTuple } from '../../change.ts';
import { UnknownAttributeError } from '../change-sink.ts';

/** Values by attribute id, as a row of atlas.entity holds them. */
export type TupleAttributes = Readonly<Record<string, AttributeValue>>;

/** @param tuple null: there is no row, and so there are no attributes. */
export function parseAttributes(tuple: EntityTuple | null): TupleAttributes {
  return tuple === null ? {} : (JSON.parse(tuple.attributes) as TupleAttributes);
}

/** The definitions that one change needs, each looked up once. */
export class ChangeDefinitions {
  readonly #lookup: Pick<AttributeLookup, 'byId'>;
  readonly #found = new Map<string, AttributeDefinition>();

  constructor(lookup: Pick<AttributeLookup, 'byId'>) {
    this.#lookup = lookup;
  }

  /** @param name the attribute's id, as a key of TupleAttributes. @throws UnknownAttributeError */
  get(name: string): AttributeDefinition {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const id = Number(name);
    const definition = this.#lookup.byId(id);
    if (definition === undefined) throw new UnknownAttributeError(id);
    this.#found.set(name, definition);
    return definition;
  }
}
