import { describe, expect, it } from 'vitest';
import type { ChangedSince } from '../../src/datasources/questions/changed-since.ts';
import { positioned } from '../../src/datasources/questions/entity-page.ts';
import type { Pasts, PastsQuery } from '../../src/datasources/questions/entity-pasts.ts';
import type { RoutedReads } from '../../src/datasources/routed-reads.ts';
import { attributeOf } from '../../src/domain/entity.ts';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { PastPages } from '../../src/paging/past-pages.ts';
import { entity } from '../support/domain.ts';
import { readFreshness, requirement } from '../support/requirement.ts';

const AT = new Date('2026-01-02T00:00:00Z');
const LATER = new Date('2026-01-03T00:00:00Z');
const [WAS, OTHER] = [entity({ id: '101', attributes: { 1: 'was' } }), entity({ id: '102' })];
const IS = { ...WAS, version: WAS.version + 1n, updatedAt: LATER, attributes: { 1: 'is' } };
const QUERY = {
  ...{ tenantId: 1, type: null, filter: MATCH_ALL, order: [], from: null, limit: 10 },
  direction: 'FORWARD' as const,
};

/** What a server of ClickHouse has: the first entity was changed after the moment, and one that is behind does not know it yet. */
function answerOf(isBehind: boolean, { name, input }: { name: string; input: unknown }, without: readonly string[]) {
  const last = { version: WAS.version, operation: 'CREATED', at: WAS.updatedAt } as const;
  const next = { version: IS.version, operation: 'UPDATED', previousAt: WAS.updatedAt } as const;
  const shared = { createdAt: WAS.createdAt, type: WAS.type, last, isErased: false };
  switch (name) {
    case 'changedSince': {
      const ids = new Map(isBehind ? [] : [['s0', ['101']]]);
      return { starts: new Map([['s0', { lsn: 1n, at: new Date(0) }]]), ids } satisfies ChangedSince;
    }
    case 'entityPage':
      return [isBehind ? WAS : IS, OTHER].filter(({ id }) => !without.includes(id)).map((one) => positioned(one, []));
    case 'entitiesById':
      return [isBehind ? WAS : IS];
    default: {
      expect((input as PastsQuery).ids).toEqual(['101']);
      const undone = new Map([[1, { value: 'was', setAt: null }]]);
      const past = isBehind ? { ...shared, next: null, undone: new Map() } : { ...shared, next, undone };
      return { start: null, pasts: new Map([['101', past]]), later: new Map() } satisfies Pasts;
    }
  }
}

/** @param isBehind whether the server that answers the nth question is the one that is. */
function serversOf(isBehind: (question: number) => boolean): RoutedReads {
  let asked = 0;
  let serverChanges = 0;
  return {
    async ask(question) {
      const behind = isBehind(asked);
      if (asked > 0 && behind !== isBehind(asked - 1)) serverChanges += 1;
      asked += 1;
      // Which entities a page leaves out is in its statement only.
      const copies = new Map([['s0', { copyId: 7n, lsn: 1n, heartbeatAt: null, isSettled: false }]]);
      const { parameters } = question.clickhouse.select(copies as never);
      const without = Object.values(parameters ?? {})
        .flat()
        .map(String);
      const data = answerOf(behind, question, without);
      const reads = [readFreshness({ source: 'CLICKHOUSE', serverChanges })];
      return { data: data as never, reads, entities: [0], ms: [0] };
    },
  };
}

function pageOf(reads: RoutedReads, onChanged: (entities: number) => void = () => {}) {
  const past = new PastPages({
    ...{ reads, shards: ['s0'], moment: { at: AT }, requirement: requirement({ class: 'ANALYTICAL' }) },
    ...{ mostChanged: 10, onChanged },
  });
  return past.read(QUERY).then(({ data }) => data.rows.map(({ entity }) => [entity.id, attributeOf(entity, 1)]));
}

describe('a page of the past', () => {
  const asItWas = [
    ['101', 'was'],
    ['102', undefined],
  ];

  it.each([1, 2, 3, 4, 5, 99])(
    'is of one server: another one, behind or ahead, answers after %i questions',
    async (from) => {
      expect(await pageOf(serversOf((question) => question >= from))).toEqual(asItWas);
      expect(await pageOf(serversOf((question) => question < from))).toEqual(asItWas);
    },
  );

  it('is refused if servers take turns, rather than be one that never was', async () => {
    await expect(pageOf(serversOf((question) => question % 2 === 0))).rejects.toMatchObject({
      code: 'FRESHNESS_UNAVAILABLE',
      details: { source: 'CLICKHOUSE', reason: 'LAG_UNKNOWN', retryAfterMs: 1_000 },
    });
  });

  it('is charged for each entity that has changed since, once, before it is read', async () => {
    const charged: number[] = [];
    await pageOf(
      serversOf((question) => question < 2),
      (entities) => charged.push(entities),
    );
    expect(charged.reduce((sum, entities) => sum + entities, 0)).toBe(1);
    await expect(
      pageOf(
        serversOf(() => false),
        () => {
          throw new Error('too much');
        },
      ),
    ).rejects.toThrow('too much');
  });
});
