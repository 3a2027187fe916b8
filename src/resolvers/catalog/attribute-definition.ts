import { isBeingDeleted } from '../../domain/catalog/attribute-storage.ts';
import { exposedFieldName } from '../../domain/catalog/exposed-field.ts';
import { isUnique } from '../../domain/catalog/unique-attribute.ts';
import { SHARED_TENANT } from '../../domain/identifiers.ts';
import type { AttributeDefinitionResolvers } from '../../generated/resolver-types.ts';

export const attributeDefinitionResolvers: AttributeDefinitionResolvers = {
  fieldName: ({ exposed, key }) => (exposed ? exposedFieldName(key) : null),
  hot: ({ hotColumn }) => hotColumn !== null,
  isBeingDeleted,
  isBeingMoved: ({ storage: { move } }) => move !== undefined && move.kind !== 'DELETE',
  unique: isUnique,
  version: ({ version }) => BigInt(version),
  shared: ({ tenantId }) => tenantId === SHARED_TENANT,
};
