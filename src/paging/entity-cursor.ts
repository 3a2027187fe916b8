import { createHash } from 'node:crypto';
import { AtlasError } from '../domain/errors.ts';
import type { EntityFilter, EntityOrder, EntitySelection, Operand, Predicate } from '../domain/filter/filter.ts';
import { isPositionIn, type PagePosition } from '../domain/filter/page-position.ts';
import { canonicalJson, type JsonValue } from '../lib/canonical-json.ts';

/** Long enough that two queries never share one by chance. */
const FINGERPRINT_LENGTH = 12;

/** Identifies a query: its tenant, type, filter and order. Page size and direction do not count. */
export function queryFingerprint({ tenantId, type, filter }: EntitySelection, order: readonly EntityOrder[]): string {
  const query = canonicalJson([tenantId, type, filterShape(filter), order.map(orderShape)]);
  return createHash('sha256').update(query).digest('base64url').slice(0, FINGERPRINT_LENGTH);
}

/** base64url of JSON `[fingerprint, id, …one value per criterion]`. It contains only values that its reader has just read. */
export function encodeCursor(fingerprint: string, position: PagePosition): string {
  return Buffer.from(JSON.stringify([fingerprint, position.id, ...position.values]), 'utf8').toString('base64url');
}

/** @throws AtlasError BAD_USER_INPUT if the cursor is malformed, forged or comes from another query. */
export function decodeCursor(cursor: string, selection: EntitySelection, order: readonly EntityOrder[]): PagePosition {
  const [fingerprint, id, ...values] = readCursor(cursor);
  if (fingerprint !== queryFingerprint(selection, order)) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      'The cursor belongs to another query; keep type, filter and orderBy unchanged, or omit the cursor.',
    );
  }
  if (!isPositionIn(order, id, values)) throw malformed();
  return { id: id as string, values: values as (Operand | null)[] };
}

function readCursor(cursor: string): unknown[] {
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(content)) return content;
  } catch {
    // Not JSON: refused below.
  }
  throw malformed();
}

function malformed(): AtlasError {
  return new AtlasError('BAD_USER_INPUT', 'The cursor is malformed; expected one that this query returned, unchanged.');
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
  }
}

function predicateShape(predicate: Predicate): JsonValue {
  return predicate.operator === 'in' ? ['in', ...predicate.operands] : [predicate.operator, predicate.operand];
}
