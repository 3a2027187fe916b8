import { describe, expect, it, vi } from 'vitest';
import { ConsistencyTokens } from '../../packages/client/src/core/consistency-tokens.ts';
import { ask } from '../graphql/support/ask.ts';
import { protocolHandler } from '../graphql/support/protocol-handler.ts';
import { entity } from '../support/domain.ts';
import { readFreshness } from '../support/requirement.ts';
import { ADAPTERS } from './support/adapters.ts';
import { serveHandler } from './support/serve-handler.ts';

const ENTITY = '{ entity(id: "1") { id } }';
const DEFINITIONS = '{ attributeDefinitions(first: 1) { edges { node { key } } } }';

/** What Atlas itself answers before anything is read. */
describe.concurrent.each(['apollo', 'urql', 'fetch'] as const)('the adapter %s and the server', (name) => {
  it('agree on a request that is refused for a limit, and on when to send it again', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const handler = protocolHandler({
      environment: { ATLAS_MAX_TENANT_REQUESTS: '1' },
      reads: {
        entitiesById: async ({ ids }: { ids: readonly string[] }) => {
          await released;
          return { data: ids.map((id) => entity({ id })), reads: [readFreshness()] };
        },
      },
    });
    const statuses: number[] = [];
    const server = await serveHandler({
      ...handler,
      handle: async (request) => {
        const response = await handler.handle(request);
        statuses.push(response.status);
        return response;
      },
      // For clients that take events, too.
      stream: async (request, signal) => {
        const answer = await handler.stream(request, signal);
        if (answer.kind === 'whole') statuses.push(answer.response.status);
        return answer;
      },
    });
    const running = ask(handler, ENTITY);
    const refused = ADAPTERS[name](server.url).send(ENTITY);
    await vi.waitFor(() => expect(statuses).toEqual([429]), { timeout: 10_000 });
    release();
    await running;
    expect(await refused).toMatchObject({ data: { entity: { id: '1' } }, errors: [], served: { source: 'REPLICA' } });
    expect(statuses).toEqual([429, 200]);
    await Promise.all([server.stop(), handler.stop()]);
  }, 20_000);

  it('agree on a token of another installation, which is forgotten, and on a bound that is not valid', async () => {
    const handler = protocolHandler();
    const server = await serveHandler(handler);
    const tokens = new ConsistencyTokens();
    const refused = vi.fn();
    const client = ADAPTERS[name](server.url, { tokens, onTokensRefused: refused });
    tokens.add('of-another-installation');
    expect((await client.send(DEFINITIONS, {}, { freshness: { maxLagMs: -1 } })).errors).toHaveLength(1);
    expect(tokens.carry().header).toBe('of-another-installation');
    expect((await client.send(DEFINITIONS)).errors).toEqual([]);
    expect(refused).toHaveBeenCalledWith(expect.stringContaining('belongs to another installation'));
    expect(tokens.carry().tokens).toHaveLength(1);
    expect(tokens.carry().header).not.toBe('of-another-installation');
    await Promise.all([server.stop(), handler.stop()]);
  });
});
