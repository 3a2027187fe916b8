import type { FreshnessRequirement, ReadFreshness } from '../../freshness/freshness.ts';
import type { SpanAttributes, Tracing } from '../../observability/tracing.ts';
import type { Question } from '../questions/question.ts';
import type { Routed } from '../routed-reads.ts';
import type { ReadRouter } from './read-router.ts';

/** A router whose reads have spans: what was asked for, and for every source that contributed, which it was and why. */
export class TracedRouter implements Pick<ReadRouter, 'ask'> {
  readonly #router: Pick<ReadRouter, 'ask'>;
  readonly #tracing: Tracing;

  constructor(router: Pick<ReadRouter, 'ask'>, tracing: Tracing) {
    this.#router = router;
    this.#tracing = tracing;
  }

  ask<Part, Answer>(
    question: Question<Part, Answer>,
    requirement: FreshnessRequirement,
    signal: AbortSignal,
  ): Promise<Routed<Answer>> {
    const attributes = {
      'atlas.question': question.name,
      'atlas.freshness.class': requirement.class,
      'atlas.freshness.max_lag_ms': requirement.maxLagMs,
      'atlas.freshness.fallback': requirement.fallback,
      'atlas.freshness.token': requirement.after !== null,
      'atlas.batch.size': batchSize(question.input),
    };
    return this.#tracing.span(`read ${question.name}`, { kind: 'internal', attributes }, async (span) => {
      const routed = await this.#router.ask(question, requirement, signal);
      const [only, ...others] = routed.reads;
      if (only !== undefined && others.length === 0) span.set(routeOf(only, routed.entities[0] ?? 0));
      else
        for (const [part, read] of routed.reads.entries())
          span.event('read', routeOf(read, routed.entities[part] ?? 0));
      return routed;
    });
  }
}

function routeOf({ shard, source, lagMs, reason, stale, fellBack }: ReadFreshness, entities: number): SpanAttributes {
  return {
    'atlas.shard': shard ?? 'all',
    'atlas.source': source,
    'atlas.lag_ms': lagMs ?? undefined,
    'atlas.reason': reason,
    'atlas.stale': stale,
    'atlas.fell_back': fellBack,
    'atlas.rows': entities,
  };
}

/** How many entities a batch of a loader asks for; undefined for other questions. */
function batchSize(input: unknown): number | undefined {
  if (typeof input !== 'object' || input === null || !('ids' in input)) return undefined;
  return Array.isArray(input.ids) ? input.ids.length : undefined;
}
