import { createHash } from 'node:crypto';
import type { EntitySelection } from '../datasources/entity-reader.ts';
import { AtlasError } from '../domain/errors.ts';
import type { EntityFilter, EntityOrder, Operand, PagePosition, Predicate } from '../domain/filter/filter.ts';
import { isEntityId } from '../domain/identifiers.ts';
import { isStorableMoment, isStorableText } from '../domain/values/storable.ts';
import { canonicalJson, type JsonValue } from '../lib/canonical-json.ts';

/** Enough that two questions never share one by chance. */
const FINGERPRINT_LENGTH = 12;

/** Identifies a question: its tenant, type, filter and order. Page size and direction are no part of it. */
export function questionFingerprint(
  { tenantId, type, filter }: EntitySelection,
  order: readonly EntityOrder[],
): string {
  const question = canonicalJson([tenantId, type, filterShape(filter), order.map(orderShape)]);
  return createHash('sha256').update(question).digest('base64url').slice(0, FINGERPRINT_LENGTH);
}

/** base64url of JSON `[fingerprint, id, …one value per criterion]`. It holds nothing that its reader has not just read. */
export function encodeCursor(fingerprint: string, position: PagePosition): string {
  return Buffer.from(JSON.stringify([fingerprint, position.id, ...position.values]), 'utf8').toString('base64url');
}

/** @throws AtlasError BAD_USER_INPUT where `cursor` is none, or comes from another question. */
export function decodeCursor(cursor: string, fingerprint: string, order: readonly EntityOrder[]): PagePosition {
  const [given, id, ...values] = readCursor(cursor);
  if (given !== fingerprint) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      'The cursor comes from another question: keep type, filter and orderBy as they were, or start without a cursor.',
    );
  }
  if (typeof id !== 'string' || !isEntityId(id) || values.length !== order.length) throw malformed();
  return {
    id,
    values: order.map((criterion, index) => {
      const value = values[index];
      if (!isSortValue(criterion, value)) throw malformed();
      return value;
    }),
  };
}

function readCursor(cursor: string): unknown[] {
  try {
    const content: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(content)) return content;
  } catch {
    // Not JSON: said below.
  }
  throw malformed();
}

function malformed(): AtlasError {
  return new AtlasError('BAD_USER_INPUT', 'The cursor is malformed: give one that this question returned, unchanged.');
}

/** Only what a stored entity can have at this place of the order: a cursor may have been made up. */
function isSortValue(criterion: EntityOrder, value: unknown): value is Operand | null {
  if (value === null) return criterion.kind === 'attribute';
  if (criterion.kind === 'field') {
    return criterion.field === 'id' ? typeof value === 'string' && isEntityId(value) : isMoment(value);
  }
  switch (criterion.attribute.type) {
    case 'NUMBER':
      return Number.isFinite(value);
    case 'TIMESTAMP':
      return isMoment(value);
    case 'BOOLEAN':
      return typeof value === 'boolean';
    default:
      return typeof value === 'string' && isStorableText(value);
  }
}

function isMoment(value: unknown): boolean {
  return typeof value === 'number' && isStorableMoment(value);
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
