import { describe, expect, it } from 'vitest';
import { entity } from '../../support/domain.ts';
import { readFreshness } from '../../support/requirement.ts';
import { ask } from '../support/ask.ts';
import { protocolHandler } from '../support/protocol-handler.ts';

interface Asked {
  readonly ids: readonly string[];
}

const OF = (tenant: number) => ({ 'x-tenant-id': String(tenant) });

/** Answers reads once `release` has been called. */
function heldHandler(environment: Record<string, string>) {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reading = 0;
  const handler = protocolHandler({
    environment: { ATLAS_TRUST_TENANT_HEADER: 'true', ...environment },
    reads: {
      entitiesById: async ({ ids }: Asked) => {
        reading += 1;
        await released;
        return { data: ids.map((id) => entity({ id })), reads: [readFreshness()] };
      },
    },
  });
  return { handler, release, reading: () => reading };
}

describe('the requests of a tenant at once', () => {
  it('are limited, without an effect on other tenants', async () => {
    const { handler, release } = heldHandler({ ATLAS_MAX_TENANT_REQUESTS: '2' });
    const query = '{ entity(id: 1) { id } }';
    const running = [1, 2].map(() => ask(handler, query, { headers: OF(1) }));
    const refused = await ask(handler, query, { headers: OF(1) });
    expect(refused).toMatchObject({ status: 429, codes: ['LIMIT_EXCEEDED'], data: null });
    expect(refused.errors[0]).toMatchObject({
      message: 'The tenant has 2 requests in progress, the limit; retry, and send fewer at once.',
      extensions: { retryAfterMs: 1_000 },
    });
    expect(refused.headers.get('retry-after')).toBe('1');
    const other = ask(handler, query, { headers: OF(2) });
    release();
    expect((await Promise.all([...running, other])).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await ask(handler, query, { headers: OF(1) })).toMatchObject({ status: 200 });
  });

  it('do not count once they have failed', async () => {
    const { handler } = heldHandler({ ATLAS_MAX_TENANT_REQUESTS: '1' });
    for (let n = 0; n < 3; n++) {
      expect(await ask(handler, '{ nothing }', { headers: OF(1) })).toMatchObject({ codes: ['BAD_USER_INPUT'] });
    }
  });
});

describe('the cost of the requests of a tenant', () => {
  const query = '{ entity(id: 1) { id } }'; // costs 11

  function handlerAt(time: { now: number }) {
    return protocolHandler({
      environment: { ATLAS_TRUST_TENANT_HEADER: 'true', ATLAS_TENANT_COST_PER_MINUTE: '20' },
      clock: { now: () => time.now },
      reads: {
        entitiesById: async ({ ids }: Asked) => ({ data: ids.map((id) => entity({ id })), reads: [readFreshness()] }),
      },
    });
  }

  it('is limited over time', async () => {
    const time = { now: 0 };
    const handler = handlerAt(time);
    for (let n = 0; n < 2; n++) {
      expect(await ask(handler, query, { headers: OF(1) })).toMatchObject({ status: 200, codes: [] });
    }
    const refused = await ask(handler, query, { headers: OF(1) });
    expect(refused).toMatchObject({ status: 429, codes: ['LIMIT_EXCEEDED'], data: null });
    expect(refused.errors[0]?.message).toBe(
      "The tenant's requests have cost more than 20 a minute, the limit; retry later, or request less data.",
    );
    // 22 of 20 are spent, and 20 come back in 60 s.
    expect(refused.headers.get('retry-after')).toBe('9');
    expect(refused.errors[0]?.extensions.retryAfterMs).toBe(9_000);
    expect(await ask(handler, query, { headers: OF(2) })).toMatchObject({ status: 200, codes: [] });
    time.now = 8_999;
    expect(await ask(handler, query, { headers: OF(1) })).toMatchObject({ status: 429 });
    time.now = 9_000;
    expect(await ask(handler, query, { headers: OF(1) })).toMatchObject({ status: 200, codes: [] });
  });

  it('does not count what is refused', async () => {
    const handler = handlerAt({ now: 0 });
    const aliases = Array.from(
      { length: 90 },
      (_, n) => `a${n}: _entities(representations: $r) { ... on Entity { id } }`,
    );
    const r = Array.from({ length: 1_000 }, () => ({ __typename: 'Entity', id: '1' }));
    for (let n = 0; n < 3; n++) {
      const tooMuch = await ask(handler, `query ($r: [_Any!]!) { ${aliases.join(' ')} }`, {
        variables: { r },
        headers: OF(1),
      });
      expect(tooMuch).toMatchObject({ status: 429, codes: ['LIMIT_EXCEEDED'] });
      expect(tooMuch.headers.has('retry-after')).toBe(false);
    }
    expect(await ask(handler, query, { headers: OF(1) })).toMatchObject({ status: 200, codes: [] });
  });
});
