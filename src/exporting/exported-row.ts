import type { ExportedEntity } from '../datasources/postgres/exporting/exported-entities.ts';
import type { AttributeDefinition, AttributeId, AttributeType, AttributeValue } from '../domain/catalog/attribute.ts';

/** An entity with its values, in the order of their keys. */
export interface ExportedRow {
  readonly entity: Omit<ExportedEntity, 'attributes'>;
  readonly values: readonly ExportedValue[];
  /** The types of the attributes that no row before it has, by keys; null if there are none. */
  readonly types: Readonly<Record<string, AttributeType>> | null;
}

export interface ExportedValue {
  readonly attribute: AttributeDefinition;
  readonly value: AttributeValue;
}

/** Gives entities their keys, and tells the types of attributes when they come for the first time. */
export class RowMaker {
  readonly #declared = new Set<AttributeId>();
  /** @param attributeOf null if the attribute is not exported. */
  constructor(readonly attributeOf: (id: AttributeId) => Promise<AttributeDefinition | null>) {}

  async rowOf({ attributes, ...entity }: ExportedEntity): Promise<ExportedRow> {
    const values: ExportedValue[] = [];
    for (const [id, value] of Object.entries(attributes)) {
      const attribute = await this.attributeOf(Number(id));
      if (attribute !== null) values.push({ attribute, value });
    }
    values.sort((a, b) => (a.attribute.key < b.attribute.key ? -1 : 1));
    const fresh = values.filter(({ attribute }) => !this.#declared.has(attribute.id));
    for (const { attribute } of fresh) this.#declared.add(attribute.id);
    const types = fresh.map(({ attribute: { key, type } }) => [key, type] as const);
    return { entity, values, types: types.length === 0 ? null : Object.fromEntries(types) };
  }
}
