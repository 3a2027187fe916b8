import type { AttributeDefinition } from '../../src/domain/catalog/attribute.ts';
import type { WholeEntity } from '../../src/domain/entity.ts';

const AT = new Date('2026-01-01T00:00:00.000Z');

/** A filterable NUMBER attribute that is not hot, with the given members. */
export function attribute(given: Partial<AttributeDefinition> = {}): AttributeDefinition {
  return {
    id: 1,
    tenantId: 1,
    key: 'score',
    type: 'NUMBER',
    description: null,
    entityTypes: [],
    filterable: true,
    exposed: false,
    hotColumn: null,
    rules: {},
    access: {},
    keySalt: null,
    retiredAt: null,
    createdAt: AT,
    updatedAt: AT,
    version: 1,
    storage: {},
    ...given,
  };
}

/** An entity without attributes, with the given members. */
export function entity(given: Partial<WholeEntity> = {}): WholeEntity {
  return {
    id: '1',
    type: 'user',
    version: 1n,
    createdAt: AT,
    updatedAt: AT,
    attributes: {},
    attributeUpdatedAt: {},
    ...given,
  };
}
