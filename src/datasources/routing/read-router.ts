import { AtlasError } from '../../domain/errors.ts';
import type { ShardId } from '../../domain/identifiers.ts';
import { describeRead } from '../../freshness/describe-read.ts';
import type { FreshnessRequirement, ReadFreshness, RouteReason } from '../../freshness/freshness.ts';
import { type Miss, refuse } from '../../freshness/freshness-unavailable.ts';
import { worstHealth } from '../../freshness/replication-health.ts';
import type { ReplicationState } from '../../freshness/replication-state.ts';
import { PREFERRED_SOURCE, reasonToSkip, routeShard, type Server } from '../../freshness/route.ts';
import { type Answer, attemptRead, type Candidate, type Question, type ReadEnvironment } from './attempt-read.ts';
import type { ReadSources, ShardSources } from './read-sources.ts';

export interface ReadRouterOptions extends ReadEnvironment {
  readonly sources: ReadSources;
  readonly state: ReplicationState;
  /** Told of every read that is served. */
  readonly onRoute: (read: ReadFreshness) => void;
}

/** What one source answered: for one shard, or ClickHouse for all of them. */
export interface RoutedPart<T> {
  readonly data: T;
  readonly freshness: ReadFreshness;
}

/** One read under way. */
interface Read<T> {
  readonly requirement: FreshnessRequirement;
  readonly question: Question<T>;
  /** Until when tokens are waited for, over all sources that are tried. */
  readonly deadline: number;
}

/**
 * Reads from the first source that meets the requirement. The lag of every answer is measured by the answer itself: what
 * the probes say only decides which sources are tried, and in which order.
 */
export class ReadRouter {
  readonly #options: ReadRouterOptions;

  constructor(options: ReadRouterOptions) {
    this.#options = options;
  }

  /**
   * One part where ClickHouse answers, otherwise one per shard. The shards are read side by side.
   * @throws AtlasError FRESHNESS_UNAVAILABLE, or that of the source that should have answered.
   */
  async read<T>(
    shards: readonly ShardSources[],
    requirement: FreshnessRequirement,
    question: Question<T>,
  ): Promise<readonly RoutedPart<T>[]> {
    const deadline = this.#options.clock.now() + requirement.maxWaitMs;
    const read = { requirement, question, deadline };
    let left: RouteReason | null = null;
    if (PREFERRED_SOURCE[requirement.class] === 'CLICKHOUSE') {
      const ids = shards.map(({ shard }) => shard);
      const analytical = await this.#readClickHouse(ids, read);
      if (typeof analytical === 'object') return [analytical];
      left = analytical;
    }
    return Promise.all(shards.map((sources) => this.#readShard(sources, read, left)));
  }

  /** The answer, or why another source has to give it. */
  async #readClickHouse<T>(shards: readonly ShardId[], read: Read<T>): Promise<RoutedPart<T> | RouteReason> {
    const { clickhouse } = this.#options.sources;
    const { requirement, question, deadline } = read;
    if (clickhouse === null) {
      if (requirement.fallback !== 'FAIL') return 'SOURCE_DOWN';
      throw new AtlasError(
        'ANALYTICS_UNAVAILABLE',
        `${requirement.class} with the fallback FAIL is read from ClickHouse, and none is configured: ask with the fallback PRIMARY.`,
      );
    }
    const states = shards.map((shard) => this.#options.state.source(shard, 'CLICKHOUSE'));
    const skip = states.map((probed) => reasonToSkip(requirement, 'CLICKHOUSE', probed)).find((it) => it !== null);
    if (skip !== undefined) return skip;
    const candidate: Candidate = {
      source: 'CLICKHOUSE',
      shards,
      reader: clickhouse.reader,
      replicated: clickhouse,
      health: worstHealth(states.map(({ health }) => health)),
      clockBehind: null,
    };
    const { answer, missed } = await attemptRead(candidate, requirement, question, deadline, this.#options);
    if (missed === null) return this.#serve(answer, requirement, null);
    if (requirement.fallback === 'FAIL') throw refuse(requirement, [missed]);
    return missed.reason;
  }

  /** @param passed why ClickHouse, where it is preferred, does not answer. */
  async #readShard<T>(sources: ShardSources, read: Read<T>, passed: RouteReason | null): Promise<RoutedPart<T>> {
    const { requirement, question, deadline } = read;
    const { servers, left } = routeShard(requirement, this.#options.state.replicas(sources.shard), passed);
    const misses: Miss[] = [];
    const why = () => left ?? misses[0]?.reason ?? null;
    let freshest: Answer<T> | null = null;
    for (const server of servers) {
      // A stale answer is kept only where it may be served, and then it spares the primary.
      if (server.source === 'PRIMARY' && freshest !== null) break;
      const candidate = this.#candidate(sources, server);
      const { answer, missed } = await attemptRead(candidate, requirement, question, deadline, this.#options);
      if (missed === null) return this.#serve(answer, requirement, why());
      misses.push(missed);
      if (answer !== null && requirement.fallback === 'REPLICA') freshest = fresher(freshest, answer);
    }
    if (freshest !== null) return this.#serve(freshest, requirement, why());
    throw refuse(requirement, misses);
  }

  #candidate({ shard, primary, replicas }: ShardSources, server: Server): Candidate {
    const { state } = this.#options;
    if (server.source === 'PRIMARY') {
      const { health } = state.source(shard, 'PRIMARY');
      return { source: 'PRIMARY', shards: [shard], reader: primary, replicated: null, health, clockBehind: null };
    }
    const replicated = replicas[server.replica];
    const probed = state.replicas(shard)[server.replica];
    if (replicated === undefined || probed === undefined) {
      throw new RangeError(`Shard ${shard} has no replica ${server.replica}`);
    }
    return {
      source: 'REPLICA',
      shards: [shard],
      reader: replicated.reader,
      replicated,
      health: probed.health,
      clockBehind: state.replicaClockBehind(shard, server.replica),
    };
  }

  #serve<T>({ data, reading }: Answer<T>, requirement: FreshnessRequirement, why: RouteReason | null): RoutedPart<T> {
    const freshness = describeRead(requirement, reading, why);
    this.#options.onRoute(freshness);
    return { data, freshness };
  }
}

function fresher<T>(a: Answer<T> | null, b: Answer<T>): Answer<T> {
  const worst = Number.POSITIVE_INFINITY;
  return a !== null && (a.reading.lagMs ?? worst) <= (b.reading.lagMs ?? worst) ? a : b;
}
