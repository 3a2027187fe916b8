import { AtlasError } from '../../domain/errors.ts';
import type { ReadFreshness } from '../../freshness/freshness.ts';
import type { KeptQuestion } from '../../loaders/request-reads.ts';
import type { RequestPlugin } from './request-plugin.ts';

/** A request that asks more questions is explained as far as these. */
const MOST_EXPLAINED = 20;

/**
 * Says what the reads of a response did, as `extensions.explain`, if the request asks for it: their routes, statements and plans. The sources are
 * asked for plans once the answer is there; they run nothing for it.
 */
export const explainPlugin: RequestPlugin = {
  async willSendResponse({ contextValue, response }) {
    const { explainer, reads, signal } = contextValue;
    if (explainer === null || response.body.kind !== 'single') return;
    const kept = reads.kept.flatMap((question) =>
      question.reads.map((read, index) => ({ question, read, ms: question.ms[index] ?? 0 })),
    );
    const explain = [];
    for (const { question, read, ms } of kept.slice(0, MOST_EXPLAINED)) {
      const explained = await explainer.explain(question.question, read, signal).catch(unanswered);
      explain.push({ ...routeOf(question, read), ms: Math.round(ms * 10) / 10, ...explained });
    }
    const { singleResult } = response.body;
    const left = kept.length - explain.length;
    singleResult.extensions = {
      ...singleResult.extensions,
      explain: { reads: explain, ...(left > 0 && { notExplained: left }) },
    };
  },
};

/** The answer is there, whether or not the source that gave it can still be asked. */
function unanswered(error: unknown): { readonly error: string } {
  if (error instanceof AtlasError) return { error: error.message };
  throw error;
}

function routeOf({ question }: KeptQuestion, { source, shard, requested, reason, lagMs, fellBack }: ReadFreshness) {
  const { class: requestedClass, maxLagMs } = requested;
  return { question: question.name, source, shard, requestedClass, maxLagMs, reason, fellBack, lagMs };
}
