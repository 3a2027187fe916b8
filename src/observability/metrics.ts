import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { GraphQLMetrics } from './graphql-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { Tally } from './tally.ts';

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const LAG_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600];
const BATCH_ROWS = [1, 10, 100, 1_000, 10_000, 100_000];
const BATCH_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * Every metric of a process, with those of Node itself. The values of a label come from closed sets (sources, reasons,
 * classes, questions, routes) or from the configuration (shards), but for the names of operations, which are bounded in number: never a
 * tenant, an entity or an attribute.
 */
export class Metrics {
  readonly registry = new Registry();

  readonly graphql = new GraphQLMetrics(this.registry);

  readonly requestDuration = new Histogram({
    name: 'atlas_http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its response',
    labelNames: ['route', 'method', 'status'],
    buckets: REQUEST_SECONDS,
    registers: [this.registry],
  });

  readonly tenantRefusals = new Counter({
    name: 'atlas_tenant_refusals_total',
    help: 'Requests refused because their tenant has reached a limit: requests (in progress at once) or cost (per minute)',
    labelNames: ['limit'],
    registers: [this.registry],
  });

  readonly subscriptions = new Gauge({
    name: 'atlas_subscriptions_open',
    help: 'Subscriptions that are open',
    registers: [this.registry],
  });

  readonly subscriptionTenants = new Gauge({
    name: 'atlas_subscription_tenants_open',
    help: 'Tenants that have subscriptions open: for each of them, the process reads the changes from ClickHouse',
    registers: [this.registry],
  });

  readonly subscriptionEvents = new Counter({
    name: 'atlas_subscription_events_total',
    help: 'Events that were sent to subscribers',
    registers: [this.registry],
  });

  readonly subscriptionEnds = new Counter({
    name: 'atlas_subscription_ends_total',
    help: 'Subscriptions that the server has ended, by the code of the error',
    labelNames: ['code'],
    registers: [this.registry],
  });

  readonly untrustedDocuments = new Counter({
    name: 'atlas_untrusted_documents_total',
    help: 'Requests that sent no id of a trusted document, by outcome: run or refused',
    labelNames: ['outcome'],
    registers: [this.registry],
  });

  readonly reads = new Tally({
    name: 'atlas_reads_total',
    help: 'Reads by the source that served them, the reason and the requested freshness class',
    labelNames: ['source', 'reason', 'class'],
    registers: [this.registry],
  });

  readonly readFallbacks = new Tally({
    name: 'atlas_read_fallbacks_total',
    help: 'Reads not served by the preferred source, by the source that served them and the reason',
    labelNames: ['source', 'reason'],
    registers: [this.registry],
  });

  readonly staleReads = new Tally({
    name: 'atlas_stale_reads_total',
    help: 'Reads served although they exceeded their bound',
    labelNames: ['source', 'class'],
    registers: [this.registry],
  });

  readonly freshnessReads = new Tally({
    name: 'atlas_freshness_reads_total',
    help: 'Reads by requested class, and what became of their bound: met, stale (served beyond it), refused (not served: no source met it) or unavailable (not served: no source answered)',
    labelNames: ['class', 'outcome'],
    registers: [this.registry],
  });

  readonly writes = new Tally({
    name: 'atlas_writes_total',
    help: 'Entities written, by operation and outcome; unknown if the request ended first',
    labelNames: ['operation', 'outcome'],
    registers: [this.registry],
  });

  readonly writeDuration = new Histogram({
    name: 'atlas_write_duration_seconds',
    help: 'Duration of the writes of one upsert or delete, over all shards',
    labelNames: ['operation'],
    buckets: REQUEST_SECONDS,
    registers: [this.registry],
  });

  readonly fallbackConnections = new Gauge({
    name: 'atlas_fallback_connections',
    help: 'Connections to a primary taken by reads that fell back to it: busy; waiting counts reads without one',
    labelNames: ['shard', 'state'],
    registers: [this.registry],
  });

  readonly tokenWaitingReads = new Gauge({
    name: 'atlas_token_waiting_reads',
    help: 'Reads that wait for their consistency token (for="token"), then for a connection (for="connection")',
    labelNames: ['shard', 'source', 'replica', 'for'],
    registers: [this.registry],
  });

  readonly overloads = new Counter({
    name: 'atlas_overloads_total',
    help: 'Reads for which a primary had no room: relaxed if a replica served them over their bound, otherwise refused',
    labelNames: ['shard', 'class', 'outcome'],
    registers: [this.registry],
  });

  readonly readLag = new Histogram({
    name: 'atlas_read_lag_seconds',
    help: 'Measured upper bound of the lag of a read',
    labelNames: ['source'],
    buckets: LAG_SECONDS,
    registers: [this.registry],
  });

  readonly readDuration = new Histogram({
    name: 'atlas_read_duration_seconds',
    help: 'Duration of one read of one source',
    labelNames: ['source', 'operation'],
    buckets: REQUEST_SECONDS,
    registers: [this.registry],
  });

  readonly sourceLag = new Gauge({
    name: 'atlas_source_lag_seconds',
    help: 'Upper bound of the lag of a source, from the last probe; NaN when unknown',
    labelNames: ['shard', 'source', 'replica'],
    registers: [this.registry],
  });

  readonly sourceHealth = new Gauge({
    name: 'atlas_source_health',
    help: 'Health of a source: 2 healthy, 1 degraded, 0 down',
    labelNames: ['shard', 'source', 'replica'],
    registers: [this.registry],
  });

  readonly changeStreamLagBytes = new Gauge({
    name: 'atlas_change_stream_lag_bytes',
    help: 'WAL not yet confirmed by the replicator; NaN if unknown',
    labelNames: ['shard'],
    registers: [this.registry],
  });

  readonly changeStreamLagMessages = new Gauge({
    name: 'atlas_change_stream_lag_messages',
    help: 'Changes received but not yet written to ClickHouse; NaN if unknown',
    labelNames: ['shard'],
    registers: [this.registry],
  });

  readonly slotWalStatus = new Gauge({
    name: 'atlas_slot_wal_status',
    help: 'WAL of a replication slot: 3 reserved, 2 extended, 1 unreserved, 0 lost or missing; NaN if unknown',
    labelNames: ['shard', 'slot'],
    registers: [this.registry],
  });

  readonly topicLagMessages = new Gauge({
    name: 'atlas_kafka_lag_messages',
    help: "Messages of a shard's topic that are not in ClickHouse; NaN if unknown",
    labelNames: ['shard', 'topic', 'partition'],
    registers: [this.registry],
  });

  readonly topicLag = new Gauge({
    name: 'atlas_kafka_lag_seconds',
    help: "How much later the newest message of a shard's topic was written than the first that is not in ClickHouse; NaN if unknown",
    labelNames: ['shard', 'topic', 'partition'],
    registers: [this.registry],
  });

  readonly slotRetainedWal = new Gauge({
    name: 'atlas_slot_retained_wal_bytes',
    help: 'WAL that a primary retains for a replication slot; NaN if unknown or lost',
    labelNames: ['shard', 'slot'],
    registers: [this.registry],
  });

  readonly slotSafeWal = new Gauge({
    name: 'atlas_slot_safe_wal_bytes',
    help: 'WAL that can be written before a replication slot may be lost; +Inf if unlimited, NaN if unknown',
    labelNames: ['shard', 'slot'],
    registers: [this.registry],
  });

  readonly slotSpilledBytes = new Counter({
    name: 'atlas_slot_spilled_bytes_total',
    help: 'Changes of large transactions that a primary wrote to its disk to decode them, since its statistics were reset',
    labelNames: ['shard', 'slot'],
    registers: [this.registry],
  });

  readonly replicatedRows = new Counter({
    name: 'atlas_replicator_rows_total',
    help: 'Rows written to ClickHouse, by table',
    labelNames: ['shard', 'table'],
    registers: [this.registry],
  });

  readonly replicatedBatches = new Counter({
    name: 'atlas_replicator_batches_total',
    help: 'Batches written to ClickHouse',
    labelNames: ['shard'],
    registers: [this.registry],
  });

  readonly replicatedBatchDuration = new Histogram({
    name: 'atlas_replicator_batch_duration_seconds',
    help: 'Duration of writing one batch to ClickHouse',
    labelNames: ['shard'],
    buckets: BATCH_SECONDS,
    registers: [this.registry],
  });

  readonly replicatedBatchRows = new Histogram({
    name: 'atlas_replicator_batch_rows',
    help: 'Rows of one batch written to ClickHouse, over all tables; 0 for heartbeats alone',
    labelNames: ['shard'],
    buckets: BATCH_ROWS,
    registers: [this.registry],
  });

  readonly replicatorWatermark = new Gauge({
    name: 'atlas_replicator_watermark_timestamp_seconds',
    help: 'The heartbeat, by the clock of the primary, up to which this process has written the shard to ClickHouse',
    labelNames: ['shard'],
    registers: [this.registry],
  });

  readonly replicatorPhase = new Gauge({
    name: 'atlas_replicator_phase',
    help: 'Phase of change capture of a shard in this process: 1 for the current phase; failed lasts until the cause is repaired',
    labelNames: ['shard', 'phase'],
    registers: [this.registry],
  });

  readonly upkeepStatus = new Gauge({
    name: 'atlas_upkeep_status',
    help: 'Work that is done for a shard beside its stream, in the process that streams it: 1 if the last attempt has succeeded, 0 if it has failed',
    labelNames: ['shard', 'work'],
    registers: [this.registry],
  });

  readonly verificationAge = new Gauge({
    name: 'atlas_verification_age_seconds',
    help: 'The whole shard has been compared with ClickHouse within this time; NaN if unknown',
    labelNames: ['shard'],
    registers: [this.registry],
  });

  readonly verificationDifferentRows = new Gauge({
    name: 'atlas_verification_different_rows',
    help: 'Rows of ClickHouse that are known to differ from Postgres',
    labelNames: ['shard'],
    registers: [this.registry],
  });

  readonly verificationComparedRows = new Gauge({
    name: 'atlas_verification_compared_rows',
    help: 'Rows that the last complete comparison of the shard compared; NaN before the first',
    labelNames: ['shard'],
    registers: [this.registry],
  });

  readonly verificationRepairedRows = new Gauge({
    name: 'atlas_verification_repaired_rows',
    help: 'Rows that the last complete comparison of the shard repaired; NaN before the first',
    labelNames: ['shard'],
    registers: [this.registry],
  });

  readonly poolConnections = new Gauge({
    name: 'atlas_pool_connections',
    help: 'Connections to a Postgres server by state: idle or busy; waiting counts requests without one',
    labelNames: ['shard', 'role', 'state'],
    registers: [this.registry],
  });

  readonly poolWaits = new Counter({
    name: 'atlas_pool_waits_total',
    help: 'Statements that found no free connection, by what came of their wait: a connection, timeout, or ended with the request',
    labelNames: ['shard', 'role', 'outcome'],
    registers: [this.registry],
  });

  readonly poolWaitSeconds = new Counter({
    name: 'atlas_pool_wait_seconds_total',
    help: 'Time that statements have waited for a free connection',
    labelNames: ['shard', 'role'],
    registers: [this.registry],
  });

  readonly breakerOpen = new Gauge({
    name: 'atlas_breaker_open',
    help: 'Whether requests to a server are refused because it is down: 1 or 0',
    labelNames: ['shard', 'source', 'replica'],
    registers: [this.registry],
  });

  readonly #collectors: (() => void)[] = [];

  constructor() {
    processMetrics(this.registry);
  }

  /** Registers something that sets gauges just before they are read. */
  beforeScrape(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** Prometheus text; its content type is `registry.contentType`. */
  text(): Promise<string> {
    for (const collect of this.#collectors) collect();
    return this.registry.metrics();
  }
}
