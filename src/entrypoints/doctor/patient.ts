import type { ShardConfig } from '../../config/config.ts';
import type { Settings } from '../../config/settings.ts';
import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import type { Finding } from './finding.ts';

/** A Postgres server that answers, as the role in its URL. */
export interface ExaminedServer {
  /** `primary of shard s0`, `replica 2 of shard s0`. */
  readonly name: string;
  readonly database: PostgresDatabase;
}

/** What the checks examine. */
export interface Patient {
  readonly settings: Settings;
  /** What is wrong with the configuration. */
  readonly faults: readonly string[];
  /** Null if the shards are not known. */
  readonly shardConfig: ShardConfig | null;
  /** Those that answer; in the order of the configuration, each primary before its replicas. */
  readonly servers: readonly ExaminedServer[];
  /** Null if none is configured, it does not answer, or it is in the process of the stack. */
  readonly clickhouse: ClickHouseDatabase | null;
  /** What came of connecting to each server. */
  readonly connections: readonly Finding[];
  /** The embedded stack that runs, if it is what is examined. */
  readonly stack: { readonly home: string; readonly http: string } | null;
}

export interface Check {
  readonly title: string;
  /** May throw: the others run nevertheless. */
  examine(patient: Patient): Promise<readonly Finding[]>;
}

export const primariesOf = ({ servers }: Patient): readonly ExaminedServer[] =>
  servers.filter(({ database }) => database.role === 'primary');

export const replicasOf = ({ servers }: Patient): readonly ExaminedServer[] =>
  servers.filter(({ database }) => database.role === 'replica');
