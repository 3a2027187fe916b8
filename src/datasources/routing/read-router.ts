import { AtlasError } from '../../domain/errors.ts';
import { describeRead } from '../../freshness/describe-read.ts';
import type { FreshnessRequirement, ReadFreshness, RouteReason } from '../../freshness/freshness.ts';
import { type Miss, refuse } from '../../freshness/freshness-unavailable.ts';
import { isWorseLag } from '../../freshness/measure-lag.ts';
import { worstHealth } from '../../freshness/replication-health.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import { type RetryLimits, retryAfterMs, untilAny } from '../../freshness/retry-after.ts';
import { PREFERRED_SOURCE, reasonToSkip, routeShard, type Server } from '../../freshness/route.ts';
import type { Question } from '../questions/question.ts';
import type { Routed } from '../routed-reads.ts';
import {
  type Attempt,
  attemptRead,
  type Candidate,
  type Read,
  type ReadEnvironment,
  type SourceAnswer,
} from './attempt-read.ts';
import type { ReadSources, ShardSources } from './read-sources.ts';
import { untilMet } from './until-met.ts';

/** What is configured about routes. */
export interface RoutePolicy {
  /** What a refused read is told about a retry. */
  readonly retry: RetryLimits;
}

export interface ReadRouterOptions extends ReadEnvironment {
  readonly sources: ReadSources;
  readonly replication: ReplicationState;
  readonly policy: RoutePolicy;
  /** Called with every read that is served. */
  readonly onRoute: (read: ReadFreshness) => void;
}

/** What one source answered: for one shard, or ClickHouse for all of them. */
interface RoutedPart<Part> {
  readonly data: Part;
  readonly freshness: ReadFreshness;
}

/**
 * Reads every shard that a question concerns, each from the first source that meets the requirement, and merges the parts. Every
 * part measures its own lag; the probes only decide which sources are tried, and in which order.
 */
export class ReadRouter {
  readonly #options: ReadRouterOptions;

  constructor(options: ReadRouterOptions) {
    this.#options = options;
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
    const deadline = this.#options.clock.now() + requirement.maxWaitMs;
    const parts = await this.#read({ question, requirement, deadline, signal });
    const answers = parts.map(({ data }) => data);
    const data = question.merge(answers);
    return {
      data,
      reads: parts.map(({ freshness }) => freshness),
      entities: question.entitiesPerPart?.(data, answers) ?? answers.map(() => 0),
    };
  }

  async #read<Part>(read: Read<Part>): Promise<readonly RoutedPart<Part>[]> {
    const shards = this.#shardsOf(read.question);
    let passedOver: RouteReason | null = null;
    if (PREFERRED_SOURCE[read.requirement.class] === 'CLICKHOUSE') {
      const analytical = await this.#readClickHouse(shards, read);
      if (typeof analytical === 'object') return [analytical];
      passedOver = analytical;
    }
    return Promise.all(shards.map((sources) => this.#readShard(sources, read, passedOver)));
  }

  #shardsOf({ shard }: Question<unknown, unknown>): readonly ShardSources[] {
    const { shards } = this.#options.sources;
    if (shard === null) return shards;
    const home = shards.find((sources) => sources.shard === shard);
    if (home === undefined) throw new RangeError(`There is no shard ${shard}`);
    return [home];
  }

  /** The answer, or why another source must provide it. */
  async #readClickHouse<Part>(
    sources: readonly ShardSources[],
    read: Read<Part>,
  ): Promise<RoutedPart<Part> | RouteReason> {
    const { sources: all, replication } = this.#options;
    const { requirement } = read;
    if (all.clickhouse === null) {
      if (requirement.fallback !== 'FAIL') return 'SOURCE_DOWN';
      throw new AtlasError(
        'ANALYTICS_UNAVAILABLE',
        `${requirement.class} with the fallback FAIL requires ClickHouse, which is not configured; use the fallback PRIMARY.`,
      );
    }
    const shards = sources.map(({ shard }) => shard);
    const states = shards.map((shard) => replication.source(shard, 'CLICKHOUSE'));
    const skip = states.map((probed) => reasonToSkip(requirement, 'CLICKHOUSE', probed)).find((it) => it !== null);
    if (skip !== undefined) return skip;
    const candidate: Candidate = {
      source: 'CLICKHOUSE',
      shards,
      reader: all.clickhouse.reader,
      replicated: all.clickhouse,
      health: worstHealth(states.map(({ health }) => health)),
      clockBehind: null,
    };
    const { answer, missed } = await this.#attempt(candidate, read);
    if (missed === null) return this.#serve(answer, requirement, null);
    if (requirement.fallback === 'FAIL') {
      const estimate = untilMet(requirement, missed, shards, 0, this.#options.policy.retry.leastMs, replication);
      throw refuse(requirement, [missed], retryAfterMs(estimate, this.#options.policy.retry));
    }
    return missed.reason;
  }

  /** @param clickhousePassedOver why ClickHouse, if it is preferred, does not answer. */
  async #readShard<Part>(
    sources: ShardSources,
    read: Read<Part>,
    clickhousePassedOver: RouteReason | null,
  ): Promise<RoutedPart<Part>> {
    const { requirement } = read;
    const { replication } = this.#options;
    const { retry } = this.#options.policy;
    const replicas = replication.replicas(sources.shard);
    const { servers, passedOver } = routeShard(requirement, replicas, clickhousePassedOver);
    const misses: Miss[] = [];
    const estimates: (number | null)[] = [];
    const why = () => passedOver ?? misses[0]?.reason ?? null;
    let freshest: SourceAnswer<Part> | null = null;
    for (const server of servers) {
      // A stale answer is kept only if it may be served, which spares the primary.
      if (server.source === 'PRIMARY' && freshest !== null) break;
      // The reads of a busy replica would only make the primary busy too.
      if (server.source === 'PRIMARY' && misses.some(({ reason }) => reason === 'SOURCE_BUSY')) break;
      const { answer, missed } = await this.#attempt(this.#candidate(sources, server), read);
      if (missed === null) return this.#serve(answer, requirement, why());
      misses.push(missed);
      if (server.source === 'REPLICA') {
        estimates.push(untilMet(requirement, missed, [sources.shard], server.replica, retry.leastMs, replication));
      }
      if (answer !== null && requirement.fallback === 'REPLICA') freshest = fresher(freshest, answer);
    }
    if (freshest !== null) return this.#serve(freshest, requirement, why());
    throw refuse(requirement, misses, retryAfterMs(untilAny(estimates), retry));
  }

  /** No source is tried for a request that has ended. A read that ended with it does not count as a miss of its source. */
  async #attempt<Part>(candidate: Candidate, read: Read<Part>): Promise<Attempt<Part>> {
    read.signal.throwIfAborted();
    const attempt = await attemptRead(candidate, read, this.#options);
    if (attempt.answer === null) read.signal.throwIfAborted();
    return attempt;
  }

  #candidate({ shard, primary, replicas }: ShardSources, server: Server): Candidate {
    const { replication } = this.#options;
    if (server.source === 'PRIMARY') {
      const { health } = replication.source(shard, 'PRIMARY');
      return { source: 'PRIMARY', shards: [shard], reader: primary, replicated: null, health, clockBehind: null };
    }
    const replicated = replicas[server.replica];
    const probed = replication.replicas(shard)[server.replica];
    if (replicated === undefined || probed === undefined) {
      throw new RangeError(`Shard ${shard} has no replica ${server.replica}`);
    }
    return {
      source: 'REPLICA',
      shards: [shard],
      reader: replicated.reader,
      replicated,
      health: probed.health,
      clockBehind: replication.replicaClockBehind(shard, server.replica),
    };
  }

  #serve<Part>(
    { data, reading }: SourceAnswer<Part>,
    requirement: FreshnessRequirement,
    passedOver: RouteReason | null,
  ): RoutedPart<Part> {
    const freshness = describeRead(requirement, reading, passedOver);
    this.#options.onRoute(freshness);
    return { data, freshness };
  }
}

function fresher<Part>(a: SourceAnswer<Part> | null, b: SourceAnswer<Part>): SourceAnswer<Part> {
  return a === null || isWorseLag(a.reading.lagMs, b.reading.lagMs) ? b : a;
}
