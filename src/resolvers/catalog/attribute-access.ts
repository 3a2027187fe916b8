import type { AttributeAccess } from '../../domain/catalog/attribute-access.ts';
import { roleOfScope } from '../../domain/roles.ts';
import type { AttributeAccessInput } from '../../generated/resolver-types.ts';

/** Null means not set. */
export function attributeAccess({ read, write }: AttributeAccessInput): AttributeAccess {
  return {
    ...(read != null && { read: [...new Set(read.map(roleOfScope))] }),
    ...(write != null && { write: [...new Set(write.map(roleOfScope))] }),
  };
}
