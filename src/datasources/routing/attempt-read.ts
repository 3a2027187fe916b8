import { AtlasError } from '../../domain/errors.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { outcomeOf } from '../../domain/source-error.ts';
import { missedBound, type Reading } from '../../freshness/describe-read.ts';
import type { DataSource, FreshnessRequirement, Measured, ReplicationHealth } from '../../freshness/freshness.ts';
import type { Miss } from '../../freshness/freshness-unavailable.ts';
import {
  completeUntil,
  latestSnapshot,
  measureLag,
  older,
  type ReadMoments,
  worseLag,
} from '../../freshness/measure-lag.ts';
import { covers, furthest, type Positions } from '../../freshness/positions.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import type { Clock } from '../../lib/clock.ts';
import type { EntityReader } from '../entity-reader.ts';
import type { Question } from '../questions/question.ts';
import type { PositionWatch } from './position-watch.ts';

/** One question under way, over all sources that are tried. */
export interface Read<Part> {
  readonly question: Question<Part, unknown>;
  readonly requirement: FreshnessRequirement;
  /** The deadline, on the clock, of waiting for tokens. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** One source that may answer for these shards. */
export interface Candidate {
  readonly source: DataSource;
  readonly shards: readonly ShardId[];
  readonly reader: EntityReader;
  /** Null for the primary, which has every position unless it was restored to an earlier time. */
  readonly watch: Pick<PositionWatch, 'reach'> | null;
  readonly health: ReplicationHealth;
  /** See ReplicationState.replicaClockBehind; null if it is not known. */
  readonly clockBehind: number | null;
}

export interface SourceAnswer<Part> {
  readonly data: Part;
  readonly reading: Reading;
}

/** An answer always includes the token. */
export type Attempt<Part> =
  | { readonly answer: SourceAnswer<Part>; readonly missed: null }
  | { readonly answer: SourceAnswer<Part>; readonly missed: Miss }
  | { readonly answer: null; readonly missed: Miss };

export interface ReadEnvironment {
  readonly replication: Pick<ReplicationState, 'primaryClockAhead'>;
  readonly clock: Clock;
}

/**
 * Waits until the source has reached the token, reads, and compares the lag measured by the answer itself with the requirement.
 *
 * @throws whatever the reader throws, unless another source may answer, because this one is down or is a replica whose
 * connections are all in use. A statement that ran out of time would do so on any source.
 */
export async function attemptRead<Part>(
  candidate: Candidate,
  { question, requirement, deadline, signal }: Read<Part>,
  environment: ReadEnvironment,
): Promise<Attempt<Part>> {
  const { source, watch } = candidate;
  const shard = shardOf(candidate);
  const { clock } = environment;
  const tokenNotReached = {
    answer: null,
    missed: { source, shard, reason: 'TOKEN_NOT_REACHED', lagMs: null } as const,
  };
  try {
    const needed = positionsOf(requirement, candidate.shards);
    if (watch !== null && needed.size > 0) {
      const arrival = await watch.reach({ positions: needed, deadline, tenant: question.tenantId, signal });
      if (arrival === 'CROWDED') return { answer: null, missed: { ...tokenNotReached.missed, isCrowded: true } };
      if (arrival === 'LATE') return tokenNotReached;
    }
    const sentAt = clock.now();
    const measured = await candidate.reader.ask(question, signal);
    const moments = { sentAt, arrivedAt: clock.now(), observedAt: measured.observedAt };
    const contains = containedBy(candidate, measured, needed);
    if (watch !== null && !covers(contains, needed)) return tokenNotReached;
    // Its server cannot contain what lies beyond all that it shows: it was restored or replaced by one with another history. ClickHouse
    // shows less than it contains if nothing but heartbeats has arrived lately.
    if (source !== 'CLICKHOUSE' && !covers(measured.shown, needed)) return tokenNotReached;
    const reading =
      source === 'PRIMARY'
        ? readingOfPrimary(candidate, measured, moments, contains)
        : readingOfReplicated(candidate, measured, moments, contains, environment.replication);
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

function positionsOf({ after }: FreshnessRequirement, shards: readonly ShardId[]): Positions {
  return new Map([...(after?.positions ?? [])].filter(([shard]) => shards.includes(shard)));
}

/**
 * What the snapshot is known to contain. A replica only replays forward, so its snapshot contains the positions waited for as
 * well as the measured one. ClickHouse may have begun a new copy of a shard since the wait, and a primary's position is not
 * queried, so for these two only the measurement counts.
 */
function containedBy(
  { source, shards }: Candidate,
  { watermarks }: Measured<unknown>,
  waitedFor: Positions,
): Positions {
  const measured = new Map(shards.map((shard) => [shard, watermarks.get(shard)?.lsn ?? 0n]));
  return source === 'REPLICA' ? furthest(measured, waitedFor) : measured;
}

function readingOfPrimary(
  candidate: Candidate,
  { shown }: Measured<unknown>,
  { sentAt, observedAt }: ReadMoments,
  contains: Positions,
): Reading {
  return {
    source: 'PRIMARY',
    shard: shardOf(candidate),
    lagMs: 0,
    // The snapshot was taken after the statement was sent. The server's clock alone would give a moment after the snapshot.
    dataTimestamp: Math.min(sentAt, observedAt ?? sentAt),
    health: candidate.health,
    contains,
    shows: shown,
  };
}

function readingOfReplicated(
  candidate: Candidate,
  { watermarks, shown }: Measured<unknown>,
  moments: ReadMoments,
  contains: Positions,
  replication: ReadEnvironment['replication'],
): Reading {
  const snapshotBy = latestSnapshot(moments, candidate.clockBehind);
  const shards = candidate.shards.map((shard) => {
    const watermark = watermarks.get(shard);
    const primaryAhead = replication.primaryClockAhead(shard);
    return {
      lagMs: measureLag(watermark, snapshotBy, primaryAhead),
      completeUntil: completeUntil(watermark, snapshotBy, primaryAhead),
    };
  });
  return {
    source: candidate.source,
    shard: shardOf(candidate),
    lagMs: shards.map(({ lagMs }) => lagMs).reduce(worseLag),
    dataTimestamp: shards.map((shard) => shard.completeUntil).reduce(older),
    health: candidate.health,
    contains,
    shows: shown,
  };
}
