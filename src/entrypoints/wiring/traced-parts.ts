import type { ClickHouseSession } from '../../connections/clickhouse/clickhouse-database.ts';
import { TracedClickHouse } from '../../connections/clickhouse/traced-clickhouse.ts';
import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import { TracedDatabase } from '../../connections/postgres/traced-database.ts';
import type { EntityReader } from '../../datasources/entity-reader.ts';
import type { ReadRouter } from '../../datasources/routing/read-router.ts';
import { TracedRouter } from '../../datasources/routing/traced-router.ts';
import { TracedEntityReader } from '../../datasources/traced-entity-reader.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import type { DataSource } from '../../freshness/freshness.ts';
import type { Tracing } from '../../observability/tracing.ts';

/** Puts spans around what requests use. */
export interface TracedParts {
  database(database: PostgresDatabase, url: string): PostgresDatabase;
  /** @param url undefined: the engine runs in this process. */
  clickhouse(server: ClickHouseSession, url: string | undefined): ClickHouseSession;
  /** @param shard null: it answers for all. */
  reader(reader: EntityReader, source: DataSource, shard: ShardId | null): EntityReader;
  router(router: Pick<ReadRouter, 'ask'>): Pick<ReadRouter, 'ask'>;
  /** Whether the work that is under way is a part of a trace that is recorded. */
  isRecording(): boolean;
}

/** Leaves everything as it is if nothing is traced, so that spans which nobody wants cost nothing. */
export function tracedParts(tracing: Tracing | null): TracedParts {
  if (tracing === null) {
    return {
      database: (own) => own,
      clickhouse: (own) => own,
      reader: (own) => own,
      router: (own) => own,
      isRecording: () => false,
    };
  }
  return {
    database: (own, url) => new TracedDatabase(own, url, tracing),
    clickhouse: (own, url) => new TracedClickHouse(own, url ?? null, tracing),
    reader: (own, source, shard) => new TracedEntityReader(own, source, shard, tracing),
    router: (own) => new TracedRouter(own, tracing),
    isRecording: () => tracing.isRecording(),
  };
}
