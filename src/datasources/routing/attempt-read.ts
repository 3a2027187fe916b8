import { down as clickhouseDown } from '../../connections/clickhouse/translate-clickhouse-error.ts';
import { down as postgresDown } from '../../connections/postgres/translate-postgres-error.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { outcomeOf, type SourceError } from '../../domain/source-error.ts';
import { missedBound, type Reading } from '../../freshness/describe-read.ts';
import type { DataSource, FreshnessRequirement, Measured, ReplicationHealth } from '../../freshness/freshness.ts';
import type { Miss } from '../../freshness/freshness-unavailable.ts';
import {
  completeUntil,
  isWorseLag,
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
import type { Admission } from './admission.ts';
import type { PositionWatch } from './position-watch.ts';
import { unlessSilent } from './unless-silent.ts';

/** What setTimeout takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A read may begin with watermarks that another one has read before, if that is no longer ago than this part of the lag that is allowed, and than this. */
const MOST_KNOWN_SHARE = 0.01;
const MOST_KNOWN_MS = 100;

/** One question under way, over all sources that are tried. */
export interface Read<Part> {
  readonly question: Question<Part, unknown>;
  readonly requirement: FreshnessRequirement;
  /** When it began, on the clock. */
  readonly startedAt: number;
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
  /** Null if nothing paces the reads that pass a token. */
  readonly admission: Pick<Admission, 'run' | 'freeInMs'> | null;
  /** When the source last answered anything, on the clock; null if it is down. */
  readonly heardAt: () => number | null;
  /** Whether another source is tried next. If so, this one is left when it has been silent for as long as the requirement bears. */
  readonly hasNext: boolean;
  readonly health: ReplicationHealth;
  /** See ReplicationState.replicaClockBehind; null if it is not known. */
  readonly clockBehind: number | null;
}

export interface SourceAnswer<Part> {
  readonly data: Part;
  /** See Measured. */
  readonly others?: Part;
  readonly reading: Reading;
}

/** The one with the lesser lag; the first one of two that are equal. */
export function fresherOf<Part>(a: SourceAnswer<Part> | null, b: SourceAnswer<Part>): SourceAnswer<Part> {
  return a === null || isWorseLag(a.reading.lagMs, b.reading.lagMs) ? b : a;
}

/** An answer always includes the token. */
export type Attempt<Part> =
  | { readonly answer: SourceAnswer<Part>; readonly missed: null }
  | { readonly answer: SourceAnswer<Part>; readonly missed: Miss }
  | { readonly answer: null; readonly missed: Miss };

export interface ReadEnvironment {
  readonly replication: Pick<ReplicationState, 'primaryClockAhead'>;
  readonly clock: Clock;
  /** The shortest silence, in milliseconds, by which a read leaves a server: several periods of its probes. */
  readonly leastSilenceMs: number;
}

/**
 * Waits until the source has reached the token, reads, and compares the lag measured by the answer itself with the requirement.
 *
 * @throws whatever the reader throws, unless another source may answer, because this one is down or is a replica whose
 * connections are all in use. A read that passes a token and finds no connection is a miss on ClickHouse, too. A statement that ran out of time would do so on any source.
 */
export async function attemptRead<Part>(
  candidate: Candidate,
  read: Read<Part>,
  environment: ReadEnvironment,
): Promise<Attempt<Part>> {
  const { question, requirement, deadline, signal } = read;
  const { source, watch, admission } = candidate;
  const shard = shardOf(candidate);
  const { clock } = environment;
  const tokenNotReached = {
    answer: null,
    missed: { source, shard, reason: 'TOKEN_NOT_REACHED', lagMs: null } as const,
  };
  const needed = positionsOf(requirement, candidate.shards);
  const isAdmitted = admission !== null && needed.size > 0;
  const busy = (): Attempt<Part> => {
    const freeInMs = admission?.freeInMs ?? null;
    const miss = { source, shard, reason: 'SOURCE_BUSY', lagMs: null } as const;
    return { answer: null, missed: freeInMs === null ? miss : { ...miss, freeInMs } };
  };
  const ask = async () => {
    const sentAt = clock.now();
    const measured = await askUnlessSilent(candidate, read, environment);
    return { measured, moments: { sentAt, arrivedAt: clock.now(), observedAt: measured.observedAt } };
  };
  try {
    if (watch !== null && needed.size > 0) {
      const arrival = await watch.reach({ positions: needed, deadline, tenant: question.tenantId, signal });
      if (arrival === 'CROWDED') return { answer: null, missed: { ...tokenNotReached.missed, isCrowded: true } };
      if (arrival === 'LATE') return tokenNotReached;
    }
    const asked = await (isAdmitted ? admission.run(ask, read, signal) : ask());
    if (asked === null) {
      // Those that were admitted got no answer either: it hangs.
      if (clock.now() - (candidate.heardAt() ?? 0) >= environment.leastSilenceMs) throw downOf(candidate);
      return busy();
    }
    const { measured, moments } = asked;
    const contains = containedBy(candidate, measured, needed);
    if (watch !== null && !covers(contains, needed)) return tokenNotReached;
    // Its server cannot contain what lies beyond all that it shows: it was restored or replaced by one with another history. ClickHouse
    // shows less than it contains if nothing but heartbeats has arrived lately.
    if (source !== 'CLICKHOUSE' && !covers(measured.shown, needed)) return tokenNotReached;
    const reading =
      source === 'PRIMARY'
        ? readingOfPrimary(candidate, measured, moments, contains)
        : readingOfReplicated(candidate, measured, moments, contains, environment.replication);
    const { data, others } = measured;
    const answer = others === undefined ? { data, reading } : { data, others, reading };
    const reason = missedBound(requirement, reading);
    return { answer, missed: reason === null ? null : { source, shard, reason, lagMs: reading.lagMs } };
  } catch (error) {
    const outcome = outcomeOf(error);
    if (outcome === 'busy' && isAdmitted) return busy();
    const isPassedOver = outcome === 'down' || (outcome === 'busy' && source === 'REPLICA');
    if (!isPassedOver || !(error instanceof AtlasError)) throw error;
    const reason = outcome === 'down' ? 'SOURCE_DOWN' : 'SOURCE_BUSY';
    return { answer: null, missed: { source, shard, reason, lagMs: null, cause: error } };
  }
}

/** Leaves a silent server to the next one once its answer could not be within the bound any more, or the token's time is up. */
function askUnlessSilent<Part>(
  candidate: Candidate,
  { question, requirement, deadline, signal }: Read<Part>,
  { clock, leastSilenceMs }: ReadEnvironment,
): Promise<Measured<Part>> {
  const { source, reader, heardAt, hasNext } = candidate;
  const knownForMs = knownFor(requirement);
  // A primary has nobody who could stand in for it but with older data.
  if (source === 'PRIMARY' || !hasNext) return reader.ask(question, signal, knownForMs);
  const left = requirement.after === null ? Number.POSITIVE_INFINITY : deadline - clock.now();
  const patienceMs = Math.min(Math.max(leastSilenceMs, Math.min(requirement.maxLagMs, left)), LONGEST_TIMER_MS);
  const down = () => downOf(candidate);
  return unlessSilent(
    (watched) => reader.ask(question, watched, knownForMs),
    { patienceMs, heardAt, down, clock },
    signal,
  );
}

/** How old what is known of ClickHouse may be: it makes the lag greater by that. What passes a token has to find what ClickHouse has now. */
function knownFor({ after, maxLagMs }: FreshnessRequirement): number {
  return after === null ? Math.min(maxLagMs * MOST_KNOWN_SHARE, MOST_KNOWN_MS) : 0;
}

function downOf({ source, shards }: Candidate): SourceError {
  const [shard = ''] = shards;
  return source === 'CLICKHOUSE' ? clickhouseDown() : postgresDown({ shard, role: 'replica' });
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
  { watermarks, shown, serverChanges }: Measured<unknown>,
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
    ...(serverChanges !== undefined && { serverChanges }),
  };
}
