import type { AttributeId } from '../../domain/catalog/attribute.ts';
import {
  CHANGE_OPERATIONS,
  type ChangeOperation,
  type EntityChangeRecord,
  type HistoryStart,
} from '../../domain/entity-change.ts';
import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import { BoundParameters } from '../clickhouse/bound-parameters.ts';
import {
  changesWithStarts,
  isCovered,
  type ReadChange,
  type ReadChanges,
  readChanges,
} from '../clickhouse/change-row.ts';
import type { ClickHouseSelect } from '../clickhouse/clickhouse-form.ts';
import type { ReadCopies } from '../clickhouse/read-copies.ts';
import type { Question } from './question.ts';

/** Where a page of an entity's history begins: after this change. */
export interface HistoryPosition {
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly version: bigint;
  readonly operation: ChangeOperation;
  readonly lsn: bigint;
}

/** A condition that is null does not restrict the pages. */
export interface HistoryQuery {
  readonly tenantId: TenantId;
  readonly entityIds: readonly EntityId[];
  /** Changes of one of these only. */
  readonly attributes: readonly AttributeId[] | null;
  /** Milliseconds since the epoch, inclusive. */
  readonly from: number | null;
  /** Exclusive. */
  readonly to: number | null;
  readonly after: HistoryPosition | null;
  /** Maximum number of changes of each entity. */
  readonly limit: number;
}

export interface HistoryRows {
  /** Newest first. */
  readonly changes: readonly EntityChangeRecord[];
  readonly hasMore: boolean;
}

export interface HistoryPages {
  readonly starts: ReadonlyMap<ShardId, HistoryStart>;
  /** Of every entity that was asked for. */
  readonly pages: ReadonlyMap<EntityId, HistoryRows>;
}

/**
 * For each entity the newest of its changes. An entity may be deleted and created again: its changes are in the order of creations, then of
 * versions. Once it is erased, nothing from before is shown, whether or not it is removed already.
 */
export function entityHistory(input: HistoryQuery): Question<ReadChanges, HistoryPages> {
  const read = { ...input, limit: input.limit + 1 };
  return {
    name: 'entityHistory',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: null,
    clickhouse: { select: (copies) => select(copies, read), parse: readChanges },
    merge(parts) {
      const found = new Map(input.entityIds.map((id) => [id, [] as ReadChange[]]));
      for (const change of parts.flatMap(({ changes }) => changes)) found.get(change.record.entityId)?.push(change);
      return {
        starts: new Map(parts.flatMap(({ starts }) => [...starts])),
        pages: new Map(Array.from(found, ([id, changes]) => [id, pageOf(changes, input.limit)])),
      };
    },
  };
}

/** What was erased is the end of every page: nothing from before follows. */
function pageOf(changes: readonly ReadChange[], limit: number): HistoryRows {
  const shown = changes.filter(({ isErased }) => !isErased).map(({ record }) => record);
  return { changes: shown.slice(0, limit), hasMore: shown.length > limit };
}

const NEWEST_FIRST = ['entity_id', 'created_at DESC', 'version DESC', 'operation DESC', 'lsn DESC'];

function select(
  copies: ReadCopies,
  { tenantId, entityIds, attributes, from, to, after, limit }: HistoryQuery,
): ClickHouseSelect {
  const parameters = new BoundParameters();
  const moment = (at: number) => parameters.bind(at, 'Int64');
  const tenant = `tenant_id = ${parameters.bind(tenantId, 'UInt32')}`;
  const conditions = [
    tenant,
    `entity_id IN ${parameters.bindList(entityIds.map(BigInt), 'UInt64')}`,
    isCovered(copies, parameters),
  ];
  if (attributes !== null) {
    conditions.push(`hasAny(attribute_ids, ${parameters.bindList(attributes, 'UInt32')})`);
  }
  if (from !== null) conditions.push(`at >= ${moment(from)}`);
  if (to !== null) conditions.push(`at < ${moment(to)}`);
  if (after !== null) {
    const position = [
      moment(after.createdAt),
      parameters.bind(after.version, 'UInt64'),
      parameters.bind(1 + CHANGE_OPERATIONS.indexOf(after.operation), 'UInt32'),
      parameters.bind(after.lsn, 'UInt64'),
    ];
    conditions.push(`(created_at, version, toUInt32(operation), lsn) < (${position.join(', ')})`);
  }
  const limits = `ORDER BY ${NEWEST_FIRST.join(', ')} LIMIT ${parameters.bind(BigInt(limit), 'UInt64')} BY entity_id`;
  const order = NEWEST_FIRST.map((column) => `changes.${column}`).join(', ');
  return { text: changesWithStarts(tenant, conditions.join(' AND '), limits, order), parameters: parameters.values };
}
