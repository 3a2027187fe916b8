import { createSecretKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { decodeToken, encodeToken, tokenScope } from '../../../src/freshness/consistency-token.ts';
import type { ReadFreshness } from '../../../src/freshness/freshness.ts';
import { changes } from '../../../src/resolvers/history/changes.ts';
import type { RequestContext } from '../../../src/resolvers/request-context.ts';

const scope = tokenScope(createSecretKey(Buffer.alloc(32, 1)), ['s0', 's1']);
const requirement = { class: 'ANALYTICAL', maxLagMs: 300_000, fallback: 'REPLICA', after: null, maxWaitMs: 0 } as const;
const read: ReadFreshness = {
  ...{ source: 'CLICKHOUSE', requested: requirement, servedClass: 'REALTIME', lagMs: 1, stale: false, fellBack: false },
  ...{ reason: 'WITHIN_BOUND', dataTimestamp: null, sourceTimestamp: null, health: 'HEALTHY', shard: null },
  contains: new Map([
    ['s0', 100n],
    ['s1', 200n],
  ]),
  // Rows beyond the watermarks may be seen in other tables; the feed shows none.
  shows: new Map([
    ['s0', 150n],
    ['s1', 250n],
  ]),
};

function page(next: ReadonlyMap<string, bigint>, start = 10n) {
  const starts = new Map([['s0', { lsn: start, at: new Date(0) }]]);
  const data = { starts, changes: [], next };
  const context = {
    ...{ tenantId: 1, tokenScope: scope, limits: { maxPageSize: 1_000 }, catalog: { latestRevision: 0 } },
    reads: { ask: async () => ({ data, reads: [read], entities: [0], ms: [1] }) },
  };
  const after = encodeToken({ positions: new Map([['s0', 90n]]), catalogRevision: 0 }, scope);
  return changes({ after, first: 10 }, requirement, context as unknown as RequestContext);
}

it('continues after what the read contains, not after what it may show, and where the page ends before that', async () => {
  const endOf = async (next: ReadonlyMap<string, bigint>) => {
    const { pageInfo } = (await page(next)) as { pageInfo: { endCursor: string } };
    return Object.fromEntries(decodeToken(pageInfo.endCursor, scope).positions);
  };
  expect(await endOf(new Map())).toEqual({ s0: 100n, s1: 200n });
  expect(await endOf(new Map([['s1', 120n]]))).toEqual({ s0: 100n, s1: 120n });
});

it('refuses a token from before the history', async () => {
  await expect(page(new Map(), 91n)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});
