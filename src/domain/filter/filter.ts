import type { JsonValue } from '../../lib/canonical-json.ts';
import type { AttributeDefinition } from '../catalog/attribute.ts';
import type { EntityId, TenantId } from '../identifiers.ts';
import type { OperatorOfKind } from './operators.ts';

export type EntityField = 'id' | 'createdAt' | 'updatedAt';
export type ComparisonOperator = OperatorOfKind<'comparison'>;
/**
 * An operand in the attribute type's stored form: text and json (canonical JSON text) as string, number as number,
 * boolean as boolean, timestamp as milliseconds since the epoch, reference as id.
 */
export type Operand = string | number | boolean;

export type Predicate =
  | { readonly operator: ComparisonOperator; readonly operand: Operand }
  | { readonly operator: OperatorOfKind<'list'>; readonly operands: readonly Operand[] }
  | { readonly operator: OperatorOfKind<'text'>; readonly operand: string };

/**
 * A filter whose attributes are resolved against the tenant's catalog. Two-valued: a predicate on an attribute that an
 * entity lacks is false (also `ne`), and `not` is plain negation. Text is compared by UTF-8 bytes.
 */
export type EntityFilter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly EntityFilter[] }
  | { readonly kind: 'not'; readonly filter: EntityFilter }
  | { readonly kind: 'ids'; readonly ids: readonly EntityId[] }
  | { readonly kind: 'field'; readonly field: 'createdAt' | 'updatedAt'; readonly predicate: Predicate }
  | { readonly kind: 'attribute'; readonly attribute: AttributeDefinition; readonly predicate: Predicate }
  | { readonly kind: 'exists'; readonly attribute: AttributeDefinition }
  /** One of the operands, of which there is at least one, is an element of the list. A predicate on a list is about its size. */
  | { readonly kind: 'elements'; readonly attribute: AttributeDefinition; readonly operands: readonly Operand[] };

/** Matches everything, as an empty conjunction. */
export const MATCH_ALL: EntityFilter = { kind: 'and', filters: [] };

/** Which entities a question is about. */
export interface EntitySelection {
  readonly tenantId: TenantId;
  /** Null: any type. */
  readonly type: string | null;
  readonly filter: EntityFilter;
  /** The filter as it was asked for, if other reads have resolved a part of it: what cursors are about. */
  readonly asked?: JsonValue;
}

export type Direction = 'ASC' | 'DESC';
/**
 * Entities that lack the attribute come last, whatever the direction. Text is ordered by its first INDEXED_TEXT_LENGTH
 * code points. The entity id (ascending) breaks ties.
 */
export type EntityOrder =
  | { readonly kind: 'field'; readonly field: EntityField; readonly direction: Direction }
  | { readonly kind: 'attribute'; readonly attribute: AttributeDefinition; readonly direction: Direction };
