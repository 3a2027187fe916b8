import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { pipe, subscribe } from 'wonka';
import { AtlasLink } from '../../packages/client/src/apollo.ts';
import { atlasFetch } from '../../packages/client/src/fetch.ts';
import { atlasExchange } from '../../packages/client/src/urql.ts';
import { type ScriptedServer, startScriptedServer } from './support/scripted-server.ts';

const QUERY = 'query Q { q }';
const WAIT_MS = 30;
const refused = (data?: object) => ({
  body: { ...(data && { data }), errors: [{ message: 'refused', extensions: { retryAfterMs: WAIT_MS } }] },
});

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server?.stop());
beforeEach(() => server.script(refused(), { body: { data: { q: 1 } } }));

/** Another operation takes longer than the wait, so one that had not been cancelled would have been sent again. */
async function nothingMoreIsSent(): Promise<void> {
  const request = atlasFetch({ url: server.url });
  const sentSoFar = server.received.length;
  server.script(refused(), { body: { data: { q: 1 } } });
  await request('query Other { q }');
  await request('query Other { q }');
  expect(sentSoFar).toBe(1);
  expect(server.received.map(({ query }) => query)).toEqual(Array(3).fill('query Other { q }'));
}

describe('an operation that is cancelled while it waits is not sent again', () => {
  it('by Apollo Client', async () => {
    const link = ApolloLink.from([new AtlasLink(), new HttpLink({ uri: server.url })]);
    const client = new ApolloClient({ cache: new InMemoryCache(), link });
    const answered = vi.fn();
    const running = ApolloLink.execute(link, { query: gql(QUERY) }, { client }).subscribe(answered);
    await vi.waitFor(() => expect(server.received).toHaveLength(1), { interval: 1 });
    running.unsubscribe();
    await nothingMoreIsSent();
    expect(answered).not.toHaveBeenCalled();
  });

  it('by urql', async () => {
    const client = new Client({ url: server.url, exchanges: [atlasExchange(), fetchExchange], preferGetMethod: false });
    const answered = vi.fn();
    const running = pipe(client.query(QUERY, {}), subscribe(answered));
    await vi.waitFor(() => expect(server.received).toHaveLength(1), { interval: 1 });
    running.unsubscribe();
    await nothingMoreIsSent();
    expect(answered).not.toHaveBeenCalled();
  });

  it('by the function over fetch', async () => {
    const controller = new AbortController();
    const running = atlasFetch({ url: server.url })(QUERY, {}, { signal: controller.signal });
    const failed = expect(running).rejects.toThrow('no longer needed');
    await vi.waitFor(() => expect(server.received).toHaveLength(1), { interval: 1 });
    controller.abort(new Error('no longer needed'));
    await failed;
    await nothingMoreIsSent();
  });
});

describe('the function over fetch', () => {
  it.each([
    ['fragment F on T { a } mutation M($i: I = { a: { b: 1 } }) { m }', 1],
    ['# a comment about a mutation\nquery Q { q(text: "mutation", more: """mutation "x" {""") { mutation } }', 2],
    ['{ mutation }', 2],
  ])('knows what may be sent again: %s', async (document, requests) => {
    server.script(refused({ q: null }), { body: { data: { q: 1 } } });
    await atlasFetch({ url: server.url })(document);
    expect(server.received).toHaveLength(requests);
  });

  it('asks for its headers before each attempt', async () => {
    let asked = 0;
    const headers = async () => ({ authorization: `Bearer ${++asked}` });
    expect((await atlasFetch({ url: server.url, headers })(QUERY)).data).toEqual({ q: 1 });
    expect(server.received.map(({ headers: { authorization } }) => authorization)).toEqual(['Bearer 1', 'Bearer 2']);
  });

  it('says what a response that is not GraphQL was', async () => {
    server.script({ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' });
    await expect(atlasFetch({ url: server.url })(QUERY)).rejects.toMatchObject({
      name: 'ResponseError',
      message: `${server.url} answered 502 without GraphQL; expected JSON with "data" or "errors".`,
      response: { status: 502 },
    });
  });
});
