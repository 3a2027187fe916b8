import type { AtlasError } from '../../domain/errors.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { outcomeOf } from '../../domain/source-error.ts';
import { describeRead } from '../../freshness/describe-read.ts';
import type { FreshnessClass, FreshnessRequirement, ReadFreshness, RouteReason } from '../../freshness/freshness.ts';
import { clickhouseNotConfigured, type Miss, refuse } from '../../freshness/freshness-unavailable.ts';
import { worstHealth } from '../../freshness/replication-health.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import { type RetryLimits, retryAfterMs, untilAny } from '../../freshness/retry-after.ts';
import {
  PREFERRED_SOURCE,
  reasonToSkip,
  replicasByPromise,
  routeShard,
  type Server,
  type ShardRoute,
} from '../../freshness/route.ts';
import { RouteMemory } from '../../freshness/route-memory.ts';
import type { Pause } from '../../lib/pause.ts';
import type { Question } from '../questions/question.ts';
import type { Routed } from '../routed-reads.ts';
import {
  type Attempt,
  attemptRead,
  type Candidate,
  fresherOf,
  type Read,
  type ReadEnvironment,
  type SourceAnswer,
} from './attempt-read.ts';
import type { SourceWaiters } from './observe-waiters.ts';
import { PositionWatch } from './position-watch.ts';
import type { ReadSources, ShardSources } from './read-sources.ts';
import type { ReplicatedSource } from './replicated-source.ts';
import { untilMet } from './until-met.ts';
import { WaiterLimit, type WaitingLimits } from './waiter-limit.ts';
import { heardAt } from './watch-servers.ts';

/** What is configured about routes. */
export interface RoutePolicy {
  /** The classes whose bound is relaxed where falling back would overload a primary. Never REALTIME. */
  readonly relaxed: ReadonlySet<FreshnessClass>;
  /** What a refused read is told about a retry. */
  readonly retry: RetryLimits;
  /** See ReadEnvironment. */
  readonly leastSilenceMs: number;
  /** How many reads may wait for tokens. */
  readonly waiting: WaitingLimits;
}

export interface ReadRouterOptions extends Omit<ReadEnvironment, 'leastSilenceMs'> {
  readonly pause: Pause;
  readonly sources: ReadSources;
  readonly replication: ReplicationState;
  readonly policy: RoutePolicy;
  /** Called with every read that is served. */
  readonly onRoute: (read: ReadFreshness) => void;
  /** Called with why a question was not answered. */
  readonly onUnserved?: (requested: FreshnessClass, error: unknown) => void;
  /** Called with every read that was served relaxed, or refused, because the primary had no room for it. */
  readonly onOverload?: (shard: ShardId, requested: FreshnessClass, outcome: 'relaxed' | 'refused') => void;
}

interface ServerMiss {
  readonly server: Server;
  readonly missed: Miss;
}

/** What one source answered: for one shard, ClickHouse for all of them, or ClickHouse for the rest of one. */
interface RoutedPart<Part> {
  readonly data: Part;
  readonly freshness: ReadFreshness;
  readonly ms: number;
}

/**
 * Reads every shard that a question concerns, each from the first source that meets the requirement, and merges the parts. Every
 * part measures its own lag; the probes only decide which sources are tried, and in which order.
 */
export class ReadRouter {
  /** One for each source: its reads share the waiting. */
  readonly #watches: ReadonlyMap<ReplicatedSource, PositionWatch>;
  readonly #options: ReadRouterOptions;
  readonly #memory: RouteMemory;

  constructor(options: ReadRouterOptions) {
    this.#options = options;
    this.#memory = new RouteMemory(options.clock);
    const { sources, policy, clock, pause } = options;
    const limit = new WaiterLimit(policy.waiting);
    const replicated = [...sources.shards.flatMap(({ replicas }) => replicas), sources.clickhouse];
    this.#watches = new Map(
      replicated.flatMap((source) =>
        source === null ? [] : [[source, new PositionWatch({ source, limit, clock, pause })]],
      ),
    );
  }

  /**
   * One read if ClickHouse answers, otherwise one per shard, concurrently.
   * @param signal ends the read with its reason.
   * @throws AtlasError FRESHNESS_UNAVAILABLE, that of the source that should have answered, or that of the question's
   * bound.
   */
  async ask<Part, Answer>(
    question: Question<Part, Answer>,
    requirement: FreshnessRequirement,
    signal: AbortSignal,
  ): Promise<Routed<Answer>> {
    const startedAt = this.#options.clock.now();
    const deadline = startedAt + requirement.maxWaitMs;
    let parts: readonly RoutedPart<Part>[];
    try {
      parts = await this.#read({ question, requirement, startedAt, deadline, signal });
    } catch (error) {
      this.#options.onUnserved?.(requirement.class, error);
      throw error;
    }
    const answers = parts.map(({ data }) => data);
    const data = question.merge(answers);
    return {
      data,
      reads: parts.map(({ freshness }) => freshness),
      entities: question.entitiesPerPart?.(data, answers) ?? answers.map(() => 0),
      ms: parts.map(({ ms }) => ms),
    };
  }

  /** Of every replicated source, the reads that wait for their token or, with it, for a connection. */
  waiters(): readonly SourceWaiters[] {
    const { shards, clickhouse } = this.#options.sources;
    const replicated = shards.flatMap(({ shard, replicas }) =>
      replicas.map((own, replica) => ({ own, shard, source: 'REPLICA' as const, replica: String(replica) })),
    );
    const analytical =
      clickhouse === null ? [] : [{ own: clickhouse, shard: '', source: 'CLICKHOUSE' as const, replica: '' }];
    return [...replicated, ...analytical].map(({ own, ...source }) => ({
      ...source,
      token: this.#watchOf(own).waiting,
      connection: own.admission?.waiting ?? 0,
    }));
  }

  async #read<Part>(read: Read<Part>): Promise<readonly RoutedPart<Part>[]> {
    const shards = this.#shardsOf(read.question);
    const readShards = async (passedOver: RouteReason | null) =>
      (await Promise.all(shards.map((sources) => this.#readShard(sources, read, passedOver)))).flat();
    const isOnly = read.question.postgres === null;
    if (PREFERRED_SOURCE[read.requirement.class] !== 'CLICKHOUSE' && !isOnly) return readShards(null);
    if (isOnly || !this.#isClickHouseHeld(shards, read.requirement)) {
      const analytical = await this.#readClickHouse(shards, read, read.requirement.fallback !== 'FAIL' && !isOnly);
      return typeof analytical === 'object' ? analytical : readShards(analytical);
    }
    try {
      return await readShards('LAG_EXCEEDED');
    } catch (error) {
      if (outcomeOf(error) === null) throw error;
      const analytical = await this.#readClickHouse(shards, read, false);
      if (typeof analytical === 'object') return analytical;
      throw error;
    }
  }

  /** Whether ClickHouse missed the bound a moment ago, so that others are asked first. With FAIL, no others are. */
  #isClickHouseHeld(sources: readonly ShardSources[], { fallback, maxLagMs }: FreshnessRequirement): boolean {
    if (fallback === 'FAIL') return false;
    const held = sources.map(({ shard }) => {
      const { probedLagMs } = this.#options.replication.source(shard, 'CLICKHOUSE');
      this.#memory.observe(shard, 'CLICKHOUSE', 0, probedLagMs);
      return this.#memory.isHeld(shard, 'CLICKHOUSE', 0, probedLagMs, maxLagMs);
    });
    return held.includes(true);
  }

  #shardsOf({ shard }: Question<unknown, unknown>): readonly ShardSources[] {
    const { shards } = this.#options.sources;
    if (shard === null) return shards;
    const home = shards.find((sources) => sources.shard === shard);
    if (home === undefined) throw new RangeError(`There is no shard ${shard}`);
    return [home];
  }

  /** The answer, or why another source must provide it; where none can, a stale answer is what the fallback REPLICA gets. */
  async #readClickHouse<Part>(
    sources: readonly ShardSources[],
    read: Read<Part>,
    hasNext: boolean,
  ): Promise<readonly RoutedPart<Part>[] | RouteReason> {
    const { sources: all, replication } = this.#options;
    const { requirement } = read;
    const isOnly = read.question.postgres === null;
    if (all.clickhouse === null) {
      if (requirement.fallback !== 'FAIL' && !isOnly) return 'SOURCE_DOWN';
      throw clickhouseNotConfigured(requirement, isOnly);
    }
    const shards = sources.map(({ shard }) => shard);
    const states = shards.map((shard) => replication.source(shard, 'CLICKHOUSE'));
    const skip = states.map((probed) => reasonToSkip(requirement, 'CLICKHOUSE', probed)).find((it) => it !== null);
    if (skip !== undefined && !isOnly) return skip;
    const candidate: Candidate = {
      source: 'CLICKHOUSE',
      shards,
      reader: all.clickhouse.reader,
      watch: this.#watchOf(all.clickhouse),
      admission: all.clickhouse.admission ?? null,
      heardAt: () => heardAt(replication, shards, 'CLICKHOUSE', 0),
      hasNext,
      health: worstHealth(states.map(({ health }) => health)),
      clockBehind: null,
    };
    const { answer, missed } = await this.#attempt(candidate, read);
    const [only, ...others] = shards;
    // A read of several shards does not say which of them lags.
    if (answer !== null && only !== undefined && others.length === 0) {
      this.#memory.observe(only, 'CLICKHOUSE', 0, answer.reading.lagMs);
    }
    if (missed === null) return this.#serve(answer, read, null);
    if (isOnly && answer !== null && requirement.fallback === 'REPLICA') return this.#serve(answer, read, null);
    // What finds no connection is not sent to the replicas: it would only make them busy too.
    if (requirement.fallback === 'FAIL' || missed.reason === 'SOURCE_BUSY' || isOnly) {
      const estimate = untilMet(requirement, missed, shards, 0, this.#options.policy.retry.leastMs, replication);
      const misses = [isOnly ? { ...missed, isOnly } : missed];
      throw refuse(requirement, misses, retryAfterMs(estimate, this.#options.policy.retry));
    }
    return missed.reason;
  }

  /** @param clickhousePassedOver why ClickHouse, if it is preferred, does not answer. */
  async #readShard<Part>(
    sources: ShardSources,
    read: Read<Part>,
    clickhousePassedOver: RouteReason | null,
  ): Promise<readonly RoutedPart<Part>[]> {
    const { shard, fallbacks } = sources;
    const { requirement } = read;
    const { servers, passedOver } = this.#route(sources, requirement, clickhousePassedOver);
    const isMerged = clickhousePassedOver !== null && BEHIND.has(clickhousePassedOver);
    const misses: ServerMiss[] = [];
    const why = () => passedOver ?? misses[0]?.missed.reason ?? null;
    const mayRelax = requirement.fallback === 'PRIMARY' && this.#options.policy.relaxed.has(requirement.class);
    let freshest: SourceAnswer<Part> | null = null;
    for (const [place, server] of servers.entries()) {
      // A stale answer is kept only if it may be served, which spares the primary.
      if (server.source === 'PRIMARY' && freshest !== null && !mayRelax) continue;
      // The reads of a busy replica would only make the primary busy too.
      if (server.source === 'PRIMARY' && misses.some(({ missed }) => missed.reason === 'SOURCE_BUSY')) continue;
      const limit = server.source === 'PRIMARY' && fallsBack(requirement, why()) ? fallbacks : undefined;
      if (limit?.isReached && mayRelax) {
        const relaxed: SourceAnswer<Part> | null = freshest ?? (await this.#readRelaxed(sources, read, misses));
        if (relaxed !== null) {
          this.#options.onOverload?.(shard, requirement.class, 'relaxed');
          return this.#serve(relaxed, read, 'OVERLOAD_RELAXED');
        }
      }
      const attempting = () =>
        this.#attempt(this.#candidate(sources, server, place + 1 < servers.length, isMerged), read);
      const attempt = await (limit === undefined ? attempting() : limit.run(attempting, read.signal));
      if (attempt === null) {
        this.#options.onOverload?.(shard, requirement.class, 'refused');
        misses.push({ server, missed: { source: 'PRIMARY', shard, reason: 'SOURCE_BUSY', lagMs: null } });
        continue;
      }
      const { answer, missed } = attempt;
      this.#remember(shard, server, answer);
      if (missed === null) return this.#serve(answer, read, why());
      misses.push({ server, missed });
      if (answer !== null && (requirement.fallback === 'REPLICA' || mayRelax)) freshest = fresherOf(freshest, answer);
    }
    if (freshest !== null && !mayRelax) return this.#serve(freshest, read, why());
    throw this.#refusal(sources, requirement, misses);
  }

  /** With what is known of the replicas, which is remembered. */
  #route(
    { shard, fallbacks }: ShardSources,
    requirement: FreshnessRequirement,
    clickhousePassedOver: RouteReason | null,
  ): ShardRoute {
    const replicas = this.#options.replication.replicas(shard);
    for (const [replica, { probedLagMs }] of replicas.entries()) {
      this.#memory.observe(shard, 'REPLICA', replica, probedLagMs);
    }
    return routeShard(requirement, replicas, clickhousePassedOver, (replica) => {
      // The primary is only preferred as long as it has room.
      if (fallbacks?.isReached === true) return false;
      const lagMs = replicas[replica]?.probedLagMs ?? null;
      return this.#memory.isHeld(shard, 'REPLICA', replica, lagMs, requirement.maxLagMs);
    });
  }

  /** The answer of the best replica that answers and has the token, however old it is; null if none does. */
  async #readRelaxed<Part>(
    sources: ShardSources,
    read: Read<Part>,
    tried: readonly ServerMiss[],
  ): Promise<SourceAnswer<Part> | null> {
    const replicas = this.#options.replication.replicas(sources.shard);
    for (const server of replicasByPromise(replicas)) {
      const isTried = tried.some(({ server: other }) => other.source === 'REPLICA' && other.replica === server.replica);
      if (isTried || replicas[server.replica]?.answeredAt === null) continue;
      const { answer } = await this.#attempt(this.#candidate(sources, server, true), read);
      if (answer !== null) return answer;
    }
    return null;
  }

  #refusal({ shard }: ShardSources, requirement: FreshnessRequirement, misses: readonly ServerMiss[]): AtlasError {
    const { policy, replication } = this.#options;
    const estimates = misses.flatMap(({ server, missed }) =>
      server.source === 'PRIMARY'
        ? []
        : [untilMet(requirement, missed, [shard], server.replica, policy.retry.leastMs, replication)],
    );
    const missed = misses.map((miss) => miss.missed);
    return refuse(requirement, missed, retryAfterMs(untilAny(estimates), policy.retry));
  }

  #remember<Part>(shard: ShardId, server: Server, answer: SourceAnswer<Part> | null): void {
    if (answer === null || server.source === 'PRIMARY') return;
    this.#memory.observe(shard, 'REPLICA', server.replica, answer.reading.lagMs);
  }

  /** No source is tried for a request that has ended. A read that ended with it does not count as a miss of its source. */
  async #attempt<Part>(candidate: Candidate, read: Read<Part>): Promise<Attempt<Part>> {
    read.signal.throwIfAborted();
    const { replication, clock, policy } = this.#options;
    const attempt = await attemptRead(candidate, read, { replication, clock, leastSilenceMs: policy.leastSilenceMs });
    if (attempt.answer === null) read.signal.throwIfAborted();
    return attempt;
  }

  /** @param isMerged ClickHouse answers, but not freshly enough to answer alone. */
  #candidate(sources: ShardSources, server: Server, hasNext: boolean, isMerged = false): Candidate {
    const { shard, primary, mergedPrimary, replicas } = sources;
    const { replication } = this.#options;
    const replica = server.source === 'REPLICA' ? server.replica : 0;
    const shards = [shard];
    const lastHeard = () => heardAt(replication, shards, server.source, replica);
    if (server.source === 'PRIMARY') {
      return {
        source: 'PRIMARY',
        shards,
        reader: isMerged ? (mergedPrimary ?? primary) : primary,
        watch: null,
        admission: null,
        heardAt: lastHeard,
        hasNext,
        health: replication.source(shard, 'PRIMARY').health,
        clockBehind: null,
      };
    }
    const replicated = replicas[server.replica];
    const probed = replication.replicas(shard)[server.replica];
    if (replicated === undefined || probed === undefined) {
      throw new RangeError(`Shard ${shard} has no replica ${server.replica}`);
    }
    return {
      source: 'REPLICA',
      shards,
      reader: isMerged ? (replicated.merged ?? replicated.reader) : replicated.reader,
      watch: this.#watchOf(replicated),
      admission: replicated.admission ?? null,
      heardAt: lastHeard,
      hasNext,
      health: probed.health,
      clockBehind: replication.replicaClockBehind(shard, server.replica),
    };
  }

  #watchOf(source: ReplicatedSource): PositionWatch {
    const watch = this.#watches.get(source);
    if (watch === undefined) throw new RangeError('The source is none of the router');
    return watch;
  }

  /** What ClickHouse contributed for the others is as fresh as what the server answered. */
  #serve<Part>(
    { data, others, reading }: SourceAnswer<Part>,
    { requirement, startedAt }: Read<Part>,
    passedOver: RouteReason | null,
  ): readonly RoutedPart<Part>[] {
    const ms = this.#options.clock.now() - startedAt;
    const parts = [{ data, freshness: describeRead(requirement, reading, passedOver), ms }];
    if (others !== undefined && reading.shard !== null) {
      const { health } = this.#options.replication.source(reading.shard, 'CLICKHOUSE');
      const share = { ...reading, source: 'CLICKHOUSE', health } as const;
      parts.push({ data: others, freshness: describeRead(requirement, share, 'LAG_EXCEEDED'), ms });
    }
    for (const { freshness } of parts) this.#options.onRoute(freshness);
    return parts;
  }
}

/** Why ClickHouse may still answer for the entities that have not changed since. */
const BEHIND: ReadonlySet<RouteReason> = new Set(['LAG_EXCEEDED', 'TOKEN_NOT_REACHED']);

/** A shard without replicas is read from its primary by configuration. */
function fallsBack(requirement: FreshnessRequirement, passedOver: RouteReason | null): boolean {
  return PREFERRED_SOURCE[requirement.class] !== 'PRIMARY' && passedOver !== 'NO_REPLICA';
}
