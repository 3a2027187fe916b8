import {
  CHANGE_OPERATIONS,
  type ChangeOperation,
  type EntityChangeRecord,
  type HistoryStart,
} from '../../domain/entity-change.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import type { Positions } from '../../freshness/positions.ts';
import { BoundParameters } from '../clickhouse/bound-parameters.ts';
import {
  changesWithStarts,
  OF_WHOLE_TENANT,
  type ReadChange,
  type ReadChanges,
  readChanges,
} from '../clickhouse/change-row.ts';
import type { ClickHouseSelect } from '../clickhouse/clickhouse-form.ts';
import type { ReadCopies } from '../clickhouse/read-copies.ts';
import type { Question } from './question.ts';

export interface ChangesQuery {
  readonly tenantId: TenantId;
  /** Transactions that committed at these positions or later; a shard without one from the beginning. */
  readonly after: Positions;
  /** Null: all of them. An erasure has no type, and is always among them. */
  readonly types: readonly string[] | null;
  /** Null: all of them. */
  readonly operations: readonly ChangeOperation[] | null;
  /** The page ends with the transaction that reaches it. */
  readonly limit: number;
}

export interface ChangesPage {
  readonly starts: ReadonlyMap<ShardId, HistoryStart>;
  /** Transaction by transaction; those of one shard in the order of their commits. */
  readonly changes: readonly EntityChangeRecord[];
  /** By shard, the position from which the next page continues; none: everything that the read contains has been seen. */
  readonly next: Positions;
  /** Whether more is known to follow. */
  readonly hasMore: boolean;
}

/**
 * What has changed, in whole transactions: a position stands for all that committed before it, and so it cannot part one. Shards are merged by
 * time as far as that keeps the order of each.
 */
export function changes(input: ChangesQuery): Question<ReadChanges, ChangesPage> {
  return {
    name: 'changes',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: null,
    clickhouse: { select: (copies) => select(copies, input), parse: readChanges },
    merge: (parts) => ({
      starts: new Map(parts.flatMap(({ starts }) => [...starts])),
      ...pageOf(
        parts.flatMap((part) => part.changes),
        input.limit,
      ),
    }),
  };
}

/** One transaction of one shard. */
interface Commit {
  readonly shard: ShardId;
  readonly lsn: bigint;
  /** Of its first change. */
  readonly at: number;
  readonly changes: ReadChange[];
}

function pageOf(read: readonly ReadChange[], limit: number): Omit<ChangesPage, 'starts'> {
  const queues = new Map<ShardId, Commit[]>();
  const rows = new Map<ShardId, number>();
  for (const change of read) {
    const { shard, lsn, at } = change.record;
    rows.set(shard, (rows.get(shard) ?? 0) + 1);
    const queue = queues.get(shard) ?? [];
    queues.set(shard, queue);
    const last = queue.at(-1);
    if (last?.lsn === lsn) last.changes.push(change);
    else queue.push({ shard, lsn, at: at.getTime(), changes: [change] });
  }
  const page: ReadChange[] = [];
  const seen = new Map<ShardId, bigint>();
  while (page.length < limit) {
    const heads = [...queues.values()].flatMap((queue) => queue.slice(0, 1));
    const first = heads.reduce<Commit | null>((best, next) => (best === null || next.at < best.at ? next : best), null);
    if (first === null) break;
    queues.get(first.shard)?.shift();
    seen.set(first.shard, first.lsn);
    page.push(...first.changes);
  }
  const next = new Map<ShardId, bigint>();
  for (const [shard, [head]] of queues) {
    const last = seen.get(shard);
    // Never further than what has been seen: fewer rows than were asked for are no proof that none follow, while others are being removed.
    if (head !== undefined) next.set(shard, head.lsn);
    else if (last !== undefined) next.set(shard, last + 1n);
  }
  const hasMore = [...queues].some(([shard, queue]) => queue.length > 0 || (rows.get(shard) ?? 0) >= limit);
  return { changes: page.filter(({ isErased }) => !isErased).map(({ record }) => record), next, hasMore };
}

/** The places come from the projection, in the order of the feed; WITH TIES completes the last transaction. */
function select(copies: ReadCopies, { tenantId, after, types, operations, limit }: ChangesQuery): ClickHouseSelect {
  const parameters = new BoundParameters();
  const tenant = `tenant_id = ${parameters.bind(tenantId, 'UInt32')}`;
  const most = parameters.bind(BigInt(limit), 'UInt64');
  const wanted: string[] = [];
  if (types !== null) wanted.push(`(operation = 'ERASED' OR type IN ${parameters.bindList(types, 'String')})`);
  if (operations !== null) {
    const numbers = operations.map((operation) => 1 + CHANGE_OPERATIONS.indexOf(operation));
    wanted.push(`toUInt32(operation) IN ${parameters.bindList(numbers, 'UInt32')}`);
  }
  const key = 'entity_id, created_at, version, operation, lsn';
  const places = Array.from(copies, ([shard, { lsn }]) => {
    const conditions = [
      ...[tenant, `NOT ${OF_WHOLE_TENANT}`, `shard = ${parameters.bind(shard, 'String')}`],
      `lsn >= ${parameters.bind(after.get(shard) ?? 0n, 'UInt64')} AND lsn < ${parameters.bind(lsn, 'UInt64')}`,
      ...wanted,
    ];
    return `SELECT ${key} FROM (SELECT DISTINCT ${key} FROM entity_change WHERE ${conditions.join(' AND ')} ORDER BY lsn LIMIT ${most} WITH TIES)`;
  });
  const chosen = places.length === 0 ? 'false' : `(${key}) IN (${places.join('\nUNION ALL\n')})`;
  const order = 'starts.shard, changes.lsn, changes.entity_id, changes.created_at, changes.version, changes.operation';
  return { text: changesWithStarts(tenant, `${tenant} AND ${chosen}`, '', order), parameters: parameters.values };
}
