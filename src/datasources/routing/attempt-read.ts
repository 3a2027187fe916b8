import { AtlasError } from '../../domain/errors.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { outcomeOf } from '../../domain/source-error.ts';
import { missedBound, type Reading } from '../../freshness/describe-read.ts';
import type { DataSource, FreshnessRequirement, Measured, ReplicationHealth } from '../../freshness/freshness.ts';
import type { Miss } from '../../freshness/freshness-unavailable.ts';
import { completeUntil, latestSnapshot, measureLag, type ReadMoments, worseLag } from '../../freshness/measure-lag.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import type { Clock } from '../../lib/clock.ts';
import type { EntityReader } from '../entity-reader.ts';
import { awaitPositions, type Pause } from './await-positions.ts';
import type { ReplicatedSource } from './read-sources.ts';

export type Question<T> = (reader: EntityReader) => Promise<Measured<T>>;

/** One source that may answer for these shards. */
export interface Candidate {
  readonly source: DataSource;
  readonly shards: readonly ShardId[];
  readonly reader: EntityReader;
  /** Null for the primary: it has every position. */
  readonly replicated: ReplicatedSource | null;
  readonly health: ReplicationHealth;
  /** See ReplicationState.replicaClockBehind; null if it is not known. */
  readonly clockBehind: number | null;
}

export interface Answer<T> {
  readonly data: T;
  readonly reading: Reading;
}

/** An answer always includes the token. */
export type Attempt<T> =
  | { readonly answer: Answer<T>; readonly missed: null }
  | { readonly answer: Answer<T>; readonly missed: Miss }
  | { readonly answer: null; readonly missed: Miss };

export interface ReadEnvironment {
  readonly state: Pick<ReplicationState, 'primaryClockAhead'>;
  readonly clock: Clock;
  readonly pause: Pause;
}

/**
 * Waits until the source has reached the token, reads, and holds the lag that the answer itself shows against the requirement.
 *
 * @param deadline of the wait, on the clock.
 * @throws whatever the reader throws, unless another source may answer: if this one is down, or is a replica whose
 * connections are all in use. A statement that ran out of time would do so on any source.
 */
export async function attemptRead<T>(
  candidate: Candidate,
  requirement: FreshnessRequirement,
  question: Question<T>,
  deadline: number,
  environment: ReadEnvironment,
): Promise<Attempt<T>> {
  const { source, replicated } = candidate;
  const shard = shardOf(candidate);
  const { clock, pause } = environment;
  try {
    const positions = positionsOf(requirement, candidate.shards);
    if (replicated !== null && positions.size > 0) {
      const reached = await awaitPositions(replicated, positions, deadline, clock, pause);
      if (!reached) return { answer: null, missed: { source, shard, reason: 'TOKEN_NOT_REACHED', lagMs: null } };
    }
    const sentAt = clock.now();
    const measured = await question(candidate.reader);
    const moments = { sentAt, arrivedAt: clock.now(), observedAt: measured.observedAt };
    const reading =
      source === 'PRIMARY'
        ? readingOfPrimary(candidate, moments)
        : readingOfReplicated(candidate, measured, moments, environment.state);
    const answer = { data: measured.data, reading };
    const reason = missedBound(requirement, reading);
    return { answer, missed: reason === null ? null : { source, shard, reason, lagMs: reading.lagMs } };
  } catch (error) {
    const outcome = outcomeOf(error);
    const isPassedOver = outcome === 'down' || (outcome === 'busy' && source === 'REPLICA');
    if (!isPassedOver || !(error instanceof AtlasError)) throw error;
    const reason = outcome === 'down' ? 'SOURCE_DOWN' : 'SOURCE_BUSY';
    return { answer: null, missed: { source, shard, reason, lagMs: null, cause: error } };
  }
}

function shardOf({ shards }: Candidate): ShardId | null {
  return shards.length === 1 ? (shards[0] ?? null) : null;
}

function positionsOf({ after }: FreshnessRequirement, shards: readonly ShardId[]): Map<ShardId, bigint> {
  return new Map([...(after?.positions ?? [])].filter(([shard]) => shards.includes(shard)));
}

function readingOfPrimary(candidate: Candidate, { sentAt, observedAt }: ReadMoments): Reading {
  return {
    source: 'PRIMARY',
    shard: shardOf(candidate),
    lagMs: 0,
    // The snapshot was taken after the statement was sent. The server's clock alone would say a moment after the snapshot.
    dataTimestamp: Math.min(sentAt, observedAt ?? sentAt),
    health: candidate.health,
  };
}

function readingOfReplicated(
  candidate: Candidate,
  { watermarks }: Measured<unknown>,
  moments: ReadMoments,
  state: ReadEnvironment['state'],
): Reading {
  const snapshotBy = latestSnapshot(moments, candidate.clockBehind);
  const shards = candidate.shards.map((shard) => {
    const watermark = watermarks.get(shard);
    const primaryAhead = state.primaryClockAhead(shard);
    return {
      lagMs: measureLag(watermark, snapshotBy, primaryAhead),
      completeUntil: completeUntil(watermark, snapshotBy, primaryAhead),
    };
  });
  return {
    source: candidate.source,
    shard: shardOf(candidate),
    lagMs: shards.map(({ lagMs }) => lagMs).reduce(worseLag),
    dataTimestamp: shards
      .map((shard) => shard.completeUntil)
      .reduce((a, b) => (a === null || b === null ? null : Math.min(a, b))),
    health: candidate.health,
  };
}
