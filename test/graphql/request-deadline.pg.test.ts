import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HttpServer } from '../../src/server/http-server.ts';
import { appOptions } from '../support/http-app.ts';
import { lockEntities } from '../support/lock-entities.ts';
import { postgresQuery } from '../support/postgres-query.ts';
import { type GraphQLStack, startGraphQLStack } from './support/graphql-stack.ts';

/** The whole path: HTTP, GraphQL, routing, statements. */
describe('a request to shards whose tables are locked', () => {
  let stack: GraphQLStack;
  beforeAll(async () => {
    stack = await startGraphQLStack();
  });
  afterAll(() => stack?.stop());

  const running = async () => {
    const text = "SELECT query FROM pg_stat_activity WHERE application_name = 'atlas-test' AND state <> 'idle'";
    return (await Promise.all(stack.endpoints.map(({ primary }) => postgresQuery(primary, text)))).flat();
  };

  it.each([
    ['a list', '{ entities(first: 5) { edges { node { id } } } }'],
    ['analytics', '{ analytics { count { count } } }'],
    ['a mutation', 'mutation { upsertEntities(input: [{type: "a", attributes: []}]) { consistencyToken } }'],
  ])('is answered when its time is up, and leaves nothing running: %s', async (_, query) => {
    await lockEntities(stack.endpoints);
    const server = new HttpServer(
      appOptions((request) => stack.handler.handle(request), {
        environment: { ATLAS_REQUEST_TIMEOUT_MS: '2000', ATLAS_SHUTDOWN_GRACE_MS: '100' },
      }),
    );
    await server.start();
    onTestFinished(() => server.stop());
    const sentAt = performance.now();
    const response = fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    await expect.poll(async () => (await running()).length, { timeout: 1_900 }).toBeGreaterThan(0);
    expect((await response).status).toBe(504);
    expect(performance.now() - sentAt).toBeLessThan(2_500);
    await expect.poll(running).toEqual([]);
  });
});
