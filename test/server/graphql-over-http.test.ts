import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedHandler, serveHandler } from '../client/support/serve-handler.ts';
import { protocolHandler } from '../graphql/support/protocol-handler.ts';

const handler = protocolHandler();
let served: ServedHandler;
beforeAll(async () => {
  served = await serveHandler(handler);
});
afterAll(async () => {
  await served?.stop();
  await handler.stop();
});

it('passes every audit of the reference suite of GraphQL over HTTP', async () => {
  const audits = serverAudits({ url: served.url });
  expect(audits.length).toBeGreaterThanOrEqual(61);
  const results = await Promise.all(audits.map((audit) => audit.fn()));
  const left = results.filter(({ status }) => status !== 'ok');
  expect(left.map((result) => `${result.id} ${result.name}: ${'reason' in result ? result.reason : ''}`)).toEqual([]);
});
