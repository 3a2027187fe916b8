import { attributeOf, type EntityRecord, stamped } from '../../domain/entity.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { EntityOrder, Operand } from '../../domain/filter/filter.ts';
import { type EntityPageQuery, isPositionIn, type PagePosition } from '../../domain/filter/page-position.ts';
import type { EntityId } from '../../domain/identifiers.ts';
import { indexedForm } from '../../domain/values/indexed-form.ts';
import { compareUtf8 } from '../../lib/compare-utf8.ts';
import * as clickhouse from '../clickhouse/page-statement.ts';
import { EntityForm } from '../postgres/reading/entity-row.ts';
import * as postgres from '../postgres/reading/page-statement.ts';
import type { Question } from './question.ts';

export interface PositionedEntity {
  readonly entity: EntityRecord;
  readonly position: PagePosition;
}

export interface EntityRows {
  /** At most the query's `limit`, in the forward order whatever the direction. */
  readonly rows: readonly PositionedEntity[];
  /** Whether more entities follow in the query's direction. */
  readonly hasMore: boolean;
}

type Rows = readonly PositionedEntity[];
type PageOrder = Pick<EntityPageQuery, 'order' | 'direction' | 'limit'>;

/**
 * The entities next to a position. One row more than the page has is requested from each source, to show whether more follow.
 * With a limit of 0, that row is all.
 * @throws AtlasError BAD_USER_INPUT if no stored entity can have the position in this order.
 */
export function entityPage(input: EntityPageQuery): Question<Rows, EntityRows> {
  const { order, from } = input;
  if (from !== null && !isPositionIn(order, from.id, from.values)) {
    throw new AtlasError('BAD_USER_INPUT', 'The cursor does not belong to this order; use a cursor of the same query.');
  }
  const read = { ...input, limit: input.limit + 1 };
  const form = new EntityForm(input.projection);
  return {
    name: 'entityPage',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: {
      select: () => postgres.pageStatement(read, form),
      parse: (rows: readonly postgres.PageRow[]) => rows.map((row) => postgres.positionedEntity(row, order, form)),
    },
    clickhouse: {
      select: (copies) => clickhouse.pageStatement(copies, read),
      parse: (rows: readonly clickhouse.PageRow[]) => {
        const inReadOrder = rows.map((row) => clickhouse.positionedEntity(row, order));
        return input.direction === 'FORWARD' ? inReadOrder : inReadOrder.reverse();
      },
    },
    merge: (parts) => mergePages(input, parts),
    entitiesPerPart({ rows }, parts) {
      const kept = new Set(rows);
      return parts.map((part) => part.filter((row) => kept.has(row)).length);
    },
  };
}

/** An entity with its place in an order. */
export function positioned(entity: EntityRecord, order: readonly EntityOrder[]): PositionedEntity {
  const values = order.map((by) => {
    if (by.kind === 'field') return by.field === 'id' ? entity.id : stamped(entity)[by.field].getTime();
    const value = attributeOf(entity, by.attribute.id);
    if (value === undefined) return null;
    const { type } = by.attribute;
    return type === 'TIMESTAMP' ? Date.parse(String(value)) : indexedForm(type, value);
  });
  return { entity, position: { values, id: entity.id } };
}

/** Whether an entity lies beyond the position from which a page is read. */
export function isBeyond({ order, from, direction }: EntityPageQuery, row: PositionedEntity): boolean {
  if (from === null) return true;
  const difference = comparePositions(order, row, { position: from });
  return direction === 'FORWARD' ? difference > 0 : difference < 0;
}

/**
 * The page that one source with all entities would give: the pages of the shards, each in forward order, merged in that
 * order. Sorting is a merge here, as the engine's sort finds the runs.
 */
export function mergePages({ order, direction, limit }: PageOrder, parts: readonly Rows[]): EntityRows {
  const merged = parts.length === 1 ? parts.flat() : parts.flat().sort((a, b) => comparePositions(order, a, b));
  const surplus = Math.max(0, merged.length - limit);
  return { rows: direction === 'FORWARD' ? merged.slice(0, limit) : merged.slice(surplus), hasMore: surplus > 0 };
}

type Positioned = Pick<PositionedEntity, 'position'>;

function comparePositions(order: readonly EntityOrder[], a: Positioned, b: Positioned): number {
  for (const [index, by] of order.entries()) {
    const byId = by.kind === 'field' && by.field === 'id';
    const difference = byId
      ? signed(compareIds(a.position.id, b.position.id), by)
      : compareValues(a.position.values[index] ?? null, b.position.values[index] ?? null, by);
    if (difference !== 0) return difference;
  }
  return compareIds(a.position.id, b.position.id);
}

/** Absent values come last in either direction. */
function compareValues(a: Operand | null, b: Operand | null, by: EntityOrder): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  if (typeof a === 'string' && typeof b === 'string') return signed(compareUtf8(a, b), by);
  return signed(Number(a) - Number(b), by);
}

function signed(difference: number, { direction }: EntityOrder): number {
  return direction === 'ASC' ? difference : -difference;
}

/** Canonical decimal digits: the longer is the larger. */
function compareIds(a: EntityId, b: EntityId): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
