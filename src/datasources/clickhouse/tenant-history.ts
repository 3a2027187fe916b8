import type { ClickHouseSession } from '../../connections/clickhouse/clickhouse-database.ts';
import type { EntityChangeRecord } from '../../domain/entity-change.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import type { Positions } from '../../freshness/positions.ts';
import { type ChangesPage, changes } from '../questions/changes.ts';
import { ClickHouseEntityReader } from './clickhouse-entity-reader.ts';

/** Changes of one page; more if a transaction has more. */
const PAGE = 500;

export interface HistoryPart {
  /** Transaction by transaction. What was erased has none but its erasure. */
  readonly changes: readonly EntityChangeRecord[];
  /** Since when nothing is missing, by shard; a shard of which nothing is kept is left out. */
  readonly completeSince: ReadonlyMap<ShardId, Date>;
  /** Until when everything is contained, by shard, as of this part; null: it is not known. */
  readonly completeUntil: ReadonlyMap<ShardId, Date | null>;
}

/**
 * All of a tenant's history that ClickHouse has, in parts; at least one. Each is a read of its own, and continues where the one before has ended.
 * @throws SourceError, or the signal's reason
 */
export async function* tenantHistory(
  clickhouse: ClickHouseSession,
  shards: readonly ShardId[],
  tenantId: TenantId,
  signal: AbortSignal,
): AsyncGenerator<HistoryPart> {
  const reader = new ClickHouseEntityReader(clickhouse, shards);
  let after: Positions = new Map();
  let page: ChangesPage;
  do {
    const question = changes({ tenantId, after, types: null, operations: null, limit: PAGE });
    const { data, watermarks } = await reader.ask(question, signal);
    page = question.merge([data]);
    yield {
      changes: page.changes,
      completeSince: new Map([...page.starts].map(([shard, { at }]) => [shard, at])),
      completeUntil: new Map(
        shards.map((shard) => {
          const heartbeatAt = watermarks.get(shard)?.heartbeatAt ?? null;
          return [shard, heartbeatAt === null ? null : new Date(heartbeatAt)];
        }),
      ),
    };
    // A shard of which this page has seen nothing goes on where it was.
    after = new Map([...after, ...page.next]);
  } while (page.hasMore);
}
