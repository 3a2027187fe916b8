import { DatabaseError } from '../connections/database-error.ts';
import type { ShardId, TenantId } from '../domain/identifiers.ts';
import type { Clock } from '../lib/clock.ts';
import { estimateRows } from '../replication/source/slot/snapshot-copy.ts';
import { CopyReplacedError } from './common-position.ts';
import type { ComparedShard, ComparisonOptions } from './shard-comparison.ts';
import { nameDifference, type ShardResult, type VerificationEvent } from './verification-event.ts';
import { writePass } from './verification-store.ts';
import { NOTHING_COMPARED, type Pass, ShardPass } from './verify-shard.ts';

/** How often a shard that is copied anew meanwhile is begun again, and a chunk that a replica has cancelled is read again. */
const ATTEMPTS = 5;
/** A replica cancels a snapshot that keeps it from replaying. */
const SERIALIZATION_FAILURE = '40001';

export interface VerificationOptions extends ComparisonOptions {
  /** Null: all tenants. */
  readonly tenantId: TenantId | null;
  /** Differences that are told per shard; further ones are only counted. */
  readonly reportedDifferences: number;
  readonly clock: Clock;
  readonly onEvent: (event: VerificationEvent) => void;
}

/** What is to be compared, and how. It survives JSON. */
export interface VerificationRequest {
  /** Null: all. */
  readonly shards: readonly ShardId[] | null;
  /** Null: all tenants. */
  readonly tenantId: TenantId | null;
  readonly repair: boolean;
  /** Compare the primaries even if there are replicas. */
  readonly primary: boolean;
  /** Tell values, not only their digests. */
  readonly values: boolean;
}

/** Compares what was asked for, and tells what it finds, until the signal aborts. */
export type RunVerification = (
  request: VerificationRequest,
  onEvent: (event: VerificationEvent) => void,
  signal: AbortSignal,
) => Promise<readonly ShardResult[]>;

/** Compares shards one after the other, once. A shard that fails does not keep the others from being compared. */
export async function runVerification(
  shards: readonly ComparedShard[],
  options: VerificationOptions,
  signal: AbortSignal,
): Promise<readonly ShardResult[]> {
  const results: ShardResult[] = [];
  for (const shard of shards) {
    const result = await verifyOne(shard, options, signal);
    options.onEvent({ kind: 'shard', result });
    results.push(result);
  }
  return results;
}

async function verifyOne(
  shard: ComparedShard,
  options: VerificationOptions,
  signal: AbortSignal,
): Promise<ShardResult> {
  const startedAt = performance.now();
  let pass: Pass | null = null;
  let failure: string | null = null;
  try {
    const estimate = options.tenantId === null ? await estimateRows(shard.server) : null;
    const onProgress = (current: Pass | null) => {
      pass = current;
      const { entities } = current?.totals ?? NOTHING_COMPARED;
      const fraction = estimate === null || estimate === 0 ? null : Math.min(1, entities / estimate);
      options.onEvent({ kind: 'progress', shard: shard.server.shard, entities, fraction });
    };
    onProgress(null);
    pass = await completePass(shard, options, signal, onProgress);
  } catch (error) {
    failure = signal.aborted ? 'Stopped before the end.' : error instanceof Error ? error.message : String(error);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return { shard: shard.server.shard, ...(pass?.totals ?? NOTHING_COMPARED), seconds, failure };
}

async function completePass(
  shard: ComparedShard,
  options: VerificationOptions,
  signal: AbortSignal,
  onProgress: (pass: Pass) => void,
): Promise<Pass> {
  const { attributes, clock, reportedDifferences, onEvent } = options;
  let told = 0;
  let foundAt = 0;
  const comparison = new ShardPass(shard, {
    ...options,
    onDifference: (difference, repaired) => {
      if (repaired !== true) foundAt = clock.now();
      if (++told <= reportedDifferences) {
        onEvent({ kind: 'difference', difference: nameDifference(difference, repaired, attributes) });
      }
    },
  });
  let failures = 0;
  let pass = await comparison.begin(null, signal);
  while (!comparison.isComplete(pass)) {
    try {
      pass = await comparison.advance(pass, signal);
      onProgress(pass);
    } catch (error) {
      const isReplaced = error instanceof CopyReplacedError;
      const isCancelled = error instanceof DatabaseError && error.sqlState === SERIALIZATION_FAILURE;
      if (++failures === ATTEMPTS || !(isReplaced || isCancelled)) throw error;
      if (isReplaced) pass = await comparison.begin(null, signal);
    }
  }
  if (options.tenantId === null) {
    await writePass(shard.clickhouse, 'completed', { ...pass, foundAt, writtenAt: clock.now() });
  }
  return pass;
}

/** Whether ClickHouse now has what Postgres has. */
export function isEqual({ failure, differences, repaired }: ShardResult): boolean {
  return failure === null && differences === repaired;
}
