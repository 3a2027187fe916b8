import { EMBEDDED_DATABASE, EMBEDDED_USER, REPLICA_SLOT } from './initialise-cluster.ts';

type ServerSettings = Readonly<Record<string, string | number>>;

const COMMON: ServerSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
  shared_buffers: '128MB',
  max_connections: 100,
  // For change capture and logical replication between shards, in addition to the streaming replica.
  wal_level: 'logical',
  max_wal_senders: 16,
  max_replication_slots: 16,
  // After a checkpoint, the first change of every page logs the whole page, so checkpoints are rare.
  checkpoint_timeout: '15min',
  max_wal_size: '2GB',
  wal_compression: 'pglz',
  // A replica whose replay waits for a conflicting query becomes stale. With this setting, the primary keeps the rows instead.
  hot_standby_feedback: 'on',
  // Data is loaded in bulk into empty tables; plans made for empty tables must not last.
  autovacuum_naptime: '10s',
  // Subscriptions to the catalog of the first shard run as workers.
  max_worker_processes: 16,
  max_logical_replication_workers: 6,
  log_timezone: 'UTC',
  timezone: 'UTC',
  log_checkpoints: 'off',
  log_replication_commands: 'off',
};

/** @param maxSlotWalBytes maximum WAL retained for a stopped subscriber or replica. */
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
    // While disconnected from the primary, the replica lags, so it retries soon.
    wal_retrieve_retry_interval: '200ms',
    wal_receiver_status_interval: '1s',
  };
}

/** @param user the superuser unless given. */
export function connectionUri(port: number, password: string, user: string = EMBEDDED_USER): string {
  return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${EMBEDDED_DATABASE}`;
}

function connectionInfo(port: number, password: string): string {
  return `host=127.0.0.1 port=${port} user=${EMBEDDED_USER} password=${password} application_name=${REPLICA_SLOT}`;
}
