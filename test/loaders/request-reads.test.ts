import { expect, it } from 'vitest';
import { count } from '../../src/datasources/questions/count.ts';
import type { ReadRouter } from '../../src/datasources/routing/read-router.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { FreshnessCollector } from '../../src/freshness/freshness-summary.ts';
import { RequestReads } from '../../src/loaders/request-reads.ts';
import { readFreshness, requirement } from '../support/requirement.ts';

const question = count({ tenantId: 1, type: null, filter: MATCH_ALL });

it('records every read of a request, with its entities, and passes the signal of the request on', async () => {
  const request = new AbortController();
  const signals: AbortSignal[] = [];
  const ask: ReadRouter['ask'] = async (_question, requested, signal) => {
    signals.push(signal);
    const reads = ['s0', 's1'].map((shard) => readFreshness({ shard, requested }));
    return { data: 3n as never, reads, entities: [2, 1], ms: [3, 4] };
  };
  const collector = new FreshnessCollector();
  const reads = new RequestReads({ router: { ask }, signal: request.signal, collector });
  expect((await reads.ask(question, requirement())).data).toBe(3n);
  await reads.ask(question, requirement());
  expect(signals).toEqual([request.signal, request.signal]);
  expect(collector.summary()?.reads).toMatchObject([
    { shard: 's0', entities: 4 },
    { shard: 's1', entities: 2 },
  ]);
});

it('records nothing for a read that failed', async () => {
  const collector = new FreshnessCollector();
  const failure = new Error('down');
  const router = { ask: () => Promise.reject(failure) };
  const reads = new RequestReads({ router, signal: new AbortController().signal, collector });
  await expect(reads.ask(question, requirement())).rejects.toBe(failure);
  expect(collector.summary()).toBeNull();
});
