import { createHash, type KeyObject } from 'node:crypto';
import { AtlasError } from '../domain/errors.ts';
import type { EntityFilter, EntityOrder, EntitySelection, Operand, Predicate } from '../domain/filter/filter.ts';
import { isPositionIn, type PagePosition } from '../domain/filter/page-position.ts';
import { canonicalJson, type JsonValue } from '../lib/canonical-json.ts';
import { malformedCursor, signCursor, verifyCursor } from './signed-cursor.ts';

/** Long enough that two queries never share one by chance. */
const FINGERPRINT_LENGTH = 12;

/** Identifies a query: its tenant, type, filter and order. Page size and direction do not count. */
export function queryFingerprint(selection: EntitySelection, order: readonly EntityOrder[]): string {
  return fingerprintOf(selection, order.map(orderShape));
}

/** @param rest what identifies the query beside its tenant, type and filter. */
export function fingerprintOf({ tenantId, type, filter, asked }: EntitySelection, rest: JsonValue): string {
  const query = canonicalJson([tenantId, type, asked ?? filterShape(filter), rest]);
  return createHash('sha256').update(query).digest('base64url').slice(0, FINGERPRINT_LENGTH);
}

export function encodeCursor(fingerprint: string, position: PagePosition, key: KeyObject): string {
  return signCursor([fingerprint, position.id, ...position.values], 'entities', key);
}

/**
 * The signature is verified before anything else is done with it.
 * @throws AtlasError BAD_USER_INPUT if the cursor is malformed, was changed, or comes from another query.
 */
export function decodeCursor(
  cursor: string,
  selection: EntitySelection,
  order: readonly EntityOrder[],
  key: KeyObject,
): PagePosition {
  const [fingerprint, id, ...values] = verifyCursor(cursor, 'entities', key);
  if (fingerprint !== queryFingerprint(selection, order)) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      'The cursor belongs to another query; keep type, filter and orderBy unchanged, or omit the cursor.',
      { hint: 'Omit the cursor to start again from the first page.' },
    );
  }
  if (!isPositionIn(order, id, values)) throw malformedCursor();
  return { id: id as string, values: values as (Operand | null)[] };
}

function orderShape(criterion: EntityOrder): JsonValue {
  return [criterion.kind === 'field' ? criterion.field : criterion.attribute.id, criterion.direction];
}

function filterShape(filter: EntityFilter): JsonValue {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [filter.kind, ...filter.filters.map(filterShape)];
    case 'not':
      return [filter.kind, filterShape(filter.filter)];
    case 'ids':
      return [filter.kind, ...filter.ids];
    case 'field':
      return [filter.kind, filter.field, predicateShape(filter.predicate)];
    case 'attribute':
      return [filter.kind, filter.attribute.id, predicateShape(filter.predicate)];
    case 'exists':
      return [filter.kind, filter.attribute.id];
    case 'elements':
      return [filter.kind, filter.attribute.id, ...filter.operands];
  }
}

function predicateShape(predicate: Predicate): JsonValue {
  return predicate.operator === 'in' ? ['in', ...predicate.operands] : [predicate.operator, predicate.operand];
}
