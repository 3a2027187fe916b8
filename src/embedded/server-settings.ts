import { EMBEDDED_DATABASE, EMBEDDED_USER, REPLICA_SLOT } from './initialise-cluster.ts';

type ServerSettings = Readonly<Record<string, string | number>>;

const COMMON: ServerSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
  shared_buffers: '128MB',
  max_connections: 100,
  // Change capture and logical replication between shards, besides the streaming replica.
  wal_level: 'logical',
  max_wal_senders: 16,
  max_replication_slots: 16,
  // Just after a checkpoint every first change of a page is logged whole: seldom is better.
  checkpoint_timeout: '15min',
  max_wal_size: '2GB',
  wal_compression: 'pglz',
  // A replica that has to wait for a conflicting query would be a stale one: the primary keeps the rows instead.
  hot_standby_feedback: 'on',
  // Data arrive in bulk on a stack that was empty a moment ago: plans that were made for empty tables must not last.
  autovacuum_naptime: '10s',
  // Subscriptions to the catalog of the first shard run as workers.
  max_worker_processes: 16,
  max_logical_replication_workers: 6,
  log_timezone: 'UTC',
  timezone: 'UTC',
  log_checkpoints: 'off',
  log_replication_commands: 'off',
};

/** @param maxSlotWalBytes WAL that a stopped subscriber or replica may hold back. */
export function primarySettings(options: { port: number; maxSlotWalBytes: number }): ServerSettings {
  return {
    ...COMMON,
    port: options.port,
    max_slot_wal_keep_size: `${Math.max(1, Math.ceil(options.maxSlotWalBytes / 1_048_576))}MB`,
  };
}

export function replicaSettings(options: { port: number; primaryPort: number; password: string }): ServerSettings {
  return {
    ...COMMON,
    port: options.port,
    primary_conninfo: connectionInfo(options.primaryPort, options.password),
    primary_slot_name: REPLICA_SLOT,
    // A dropped connection to the primary is lag: look again soon.
    wal_retrieve_retry_interval: '200ms',
    wal_receiver_status_interval: '1s',
  };
}

export function connectionUri(port: number, password: string): string {
  return `postgres://${EMBEDDED_USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${EMBEDDED_DATABASE}`;
}

function connectionInfo(port: number, password: string): string {
  return `host=127.0.0.1 port=${port} user=${EMBEDDED_USER} password=${password} application_name=${REPLICA_SLOT}`;
}
