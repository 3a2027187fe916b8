import { connect } from 'node:net';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ChangesPage, ChangesQuery } from '../../src/datasources/questions/changes.ts';
import type { EntityChangeRecord } from '../../src/domain/entity-change.ts';
import { AtlasError } from '../../src/domain/errors.ts';
import { decodeToken, encodeToken } from '../../src/freshness/consistency-token.ts';
import type { EventAnswers, GraphQLHandler } from '../../src/graphql/graphql-handler.ts';
import { RequestReport } from '../../src/resolvers/request-report.ts';
import { serveHandler } from '../client/support/serve-handler.ts';
import { readFreshness } from '../support/requirement.ts';
import { testScope } from '../support/signing-key.ts';
import { ask } from './support/ask.ts';
import { protocolHandler } from './support/protocol-handler.ts';

const QUERY = 'subscription ($after: ConsistencyToken) { entityChanged(after: $after) { change { entityId } cursor } }';
const SECRET = 'the secret that signs the tokens of clients';
const AT = new Date('2026-01-02T03:04:05.678Z');

/** A feed of one shard to which tests append; each change is a transaction of its own. */
class Feed {
  readonly asked: ChangesQuery[] = [];
  isDown = false;
  /** More changes are larger than a read may be. */
  mostPerRead = Number.POSITIVE_INFINITY;
  #end = 1n;

  write(count: number): void {
    this.#end += BigInt(count);
  }

  readonly changes = async (query: ChangesQuery) => {
    this.asked.push(query);
    if (this.isDown) throw new AtlasError('ANALYTICS_UNAVAILABLE', 'ClickHouse does not answer.');
    const from = query.after.get('s0') ?? 1n;
    const left = this.#end > from ? Number(this.#end - from) : 0;
    if (Math.min(left, query.limit) > this.mostPerRead)
      throw new AtlasError('LIMIT_EXCEEDED', 'The read is too large.');
    const changes = Array.from({ length: Math.min(left, query.limit) }, (_, n) => change(from + BigInt(n)));
    const last = changes.at(-1);
    const data: ChangesPage = {
      starts: new Map([['s0', { lsn: 1n, at: AT }]]),
      changes,
      next: new Map(last === undefined ? [] : [['s0', last.lsn + 1n]]),
      hasMore: left > changes.length,
    };
    const contains = new Map([['s0', this.#end]]);
    return { data, reads: [readFreshness({ source: 'CLICKHOUSE', contains, shows: contains })] };
  };
}

function change(lsn: bigint): EntityChangeRecord {
  return {
    ...{ entityId: String(lsn), type: 'order', createdAt: AT, version: 1n, operation: 'CREATED', at: AT },
    ...{ previousAt: null, subject: null, shard: 's0', lsn },
    values: [{ attributeId: 1, before: undefined, after: 'x'.repeat(90) }],
  };
}

const handlers: GraphQLHandler[] = [];
afterEach(async () => {
  await Promise.all(handlers.splice(0).map((handler) => handler.stop()));
});

function start(feed: Feed, environment: Record<string, string> = {}, clock?: { now(): number }): GraphQLHandler {
  const handler = protocolHandler({
    environment: { ATLAS_SUBSCRIPTION_INTERVAL_MS: '5', ...environment },
    reads: { changes: feed.changes as never },
    ...(clock && { clock }),
  });
  handlers.push(handler);
  return handler;
}

interface Opened {
  readonly answers: EventAnswers;
  /** What it was refused with. */
  readonly codes: readonly unknown[];
  readonly messages: readonly string[];
}

async function open(handler: GraphQLHandler, headers: object = {}, variables: object = {}): Promise<Opened> {
  const { signal } = new AbortController();
  const answer = await handler.stream(
    {
      ...{ method: 'POST', path: '/graphql', search: '', rawBody: Buffer.alloc(0) },
      headers: new Map(Object.entries({ 'content-type': 'application/json', ...headers })),
      body: { query: QUERY, variables },
      ...{ signal, report: new RequestReport('test') },
    },
    signal,
  );
  if (answer.kind === 'events') return { answers: answer.answers, codes: [], messages: [] };
  const { errors } = JSON.parse(answer.response.body) as {
    errors: { message: string; extensions: { code: unknown } }[];
  };
  return {
    answers: { next: () => Promise.reject(new Error('There are no events')) },
    codes: errors.map(({ extensions }) => extensions.code),
    messages: errors.map(({ message }) => message),
  };
}

/** The ids of the next entities that are told of. */
async function ids({ answers }: Opened, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const next = await answers.next();
    if (next.done === true) throw new Error(`The events ended: ${next.value}`);
    taken.push(JSON.parse(next.value).data.entityChanged.change.entityId);
  }
  return taken;
}

/** What ends the events, with the position from which the cursor continues. */
async function ending({ answers }: Opened): Promise<{ code: unknown; at: bigint | undefined; message: string }> {
  for (;;) {
    const next = await answers.next();
    if (next.done !== true) continue;
    const { message, extensions } = JSON.parse(next.value ?? '').errors[0];
    const { positions } = decodeToken(extensions.cursor, testScope('s0'));
    return { code: extensions.code, at: positions.get('s0'), message };
  }
}

describe('the subscriptions of a process', () => {
  it('are read for a tenant once, however many there are', async () => {
    const feed = new Feed();
    const handler = start(feed);
    const opened = await Promise.all(Array.from({ length: 20 }, () => open(handler)));
    const told = opened.map((one) => ids(one, 3));
    // One for each, which says where it begins; the others are those of the tenant's reader.
    await vi.waitFor(() => expect(feed.asked.length).toBeGreaterThan(30));
    const starts = feed.asked.filter(({ limit }) => limit === 1);
    expect(starts).toHaveLength(20);
    const before = feed.asked.length;
    feed.write(3);
    for (const one of await Promise.all(told)) expect(one).toEqual(['1', '2', '3']);
    expect(feed.asked.length - before).toBeLessThan(20);
    expect(handler.subscriptions).toMatchObject({ open: 20, tenants: 1 });
    await Promise.all(opened.map(({ answers }) => answers.return?.()));
    expect(handler.subscriptions).toMatchObject({ open: 0, tenants: 0 });
  });

  it('are bounded for a tenant and in all', async () => {
    const limits = { ATLAS_MAX_TENANT_SUBSCRIPTIONS: '2', ATLAS_MAX_SUBSCRIPTIONS: '3' };
    const handler = start(new Feed(), { ...limits, ATLAS_TRUST_TENANT_HEADER: 'true' });
    const [first] = [await open(handler, { 'x-tenant-id': '1' }), await open(handler, { 'x-tenant-id': '1' })];
    const refused = await open(handler, { 'x-tenant-id': '1' });
    expect(refused).toMatchObject({
      codes: ['LIMIT_EXCEEDED'],
      messages: ['The tenant has 2 subscriptions open, the limit; close some.'],
    });
    expect((await open(handler, { 'x-tenant-id': '2' })).codes).toEqual([]);
    expect((await open(handler, { 'x-tenant-id': '2' })).messages).toEqual([
      'The server has as many subscriptions open as it may; retry later.',
    ]);
    await first?.answers.return?.();
    expect((await open(handler, { 'x-tenant-id': '1' })).codes).toEqual([]);
  });

  it('end for a subscriber that is too slow, at what it has taken', async () => {
    const feed = new Feed();
    const byEvents = start(feed, { ATLAS_SUBSCRIPTION_BUFFER: '10' });
    const slow = await open(byEvents);
    const waiting = ids(slow, 1);
    feed.write(1);
    await waiting;
    feed.write(100);
    const ended = await vi.waitFor(async () => {
      expect(byEvents.subscriptions.open).toBe(1);
      return ending(slow);
    });
    expect(ended).toMatchObject({ code: 'LIMIT_EXCEEDED', at: expect.any(BigInt) });
    // It continues there, and has missed nothing.
    const at = ended.at ?? 0n;
    const again = await open(byEvents, {}, { after: cursorAt(at) });
    expect(await ids(again, 2)).toEqual([String(at), String(at + 1n)]);
    const bytes = start(feed, { ATLAS_SUBSCRIPTION_BUFFER_BYTES: '1000' });
    const large = await open(bytes);
    const first = ids(large, 1);
    feed.write(1);
    await first;
    feed.write(50);
    expect(await ending(large)).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('end with the token of their caller', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const feed = new Feed();
    const handler = start(feed, { ATLAS_JWT_SECRET: SECRET }, { now: () => now });
    const token = await new SignJWT({ tenant: 1, iat: now / 1_000, exp: now / 1_000 + 60 })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
    const opened = await open(handler, { authorization: `Bearer ${token}` });
    const first = ids(opened, 1);
    feed.write(1);
    await first;
    const end = ending(opened);
    now += 65_000;
    expect(await end).toMatchObject({ code: 'UNAUTHENTICATED', at: 2n });
    expect((await open(handler, { authorization: `Bearer ${token}` })).codes).toEqual(['UNAUTHENTICATED']);
  });

  it('end when the process stops, and no further ones are opened', async () => {
    const handler = start(new Feed());
    const end = ending(await open(handler));
    handler.endSubscriptions();
    expect(await end).toMatchObject({ code: 'SHARD_UNAVAILABLE', at: 1n });
    expect((await open(handler)).codes).toEqual(['SHARD_UNAVAILABLE']);
  });

  it('charge the tenant for each event, and end where it has nothing left', async () => {
    const feed = new Feed();
    const handler = start(feed, { ATLAS_TENANT_COST_PER_MINUTE: '40' }, { now: () => 0 });
    const opened = await open(handler);
    feed.write(10);
    expect(await ending(opened)).toMatchObject({ code: 'LIMIT_EXCEEDED', at: expect.any(BigInt) });
  });

  it('outlast a ClickHouse that does not answer, and miss nothing', async () => {
    const feed = new Feed();
    const handler = start(feed);
    const opened = await open(handler);
    const told = ids(opened, 4);
    feed.write(2);
    await vi.waitFor(() => expect(feed.asked.length).toBeGreaterThan(3));
    feed.isDown = true;
    feed.write(2);
    const before = feed.asked.length;
    await vi.waitFor(() => expect(feed.asked.length).toBeGreaterThan(before + 1));
    feed.isDown = false;
    expect(await told).toEqual(['1', '2', '3', '4']);
  });

  it('read less at once where changes are large', async () => {
    const feed = new Feed();
    feed.mostPerRead = 3;
    const handler = start(feed);
    const live = await open(handler);
    const told = ids(live, 20);
    await vi.waitFor(() => expect(feed.asked.length).toBeGreaterThan(1));
    feed.write(20);
    expect(await told).toHaveLength(20);
    expect(await ids(await open(handler, {}, { after: cursorAt(1n) }), 20)).toHaveLength(20);
  });

  it('end with their connection, also those behind others on it', async () => {
    const handler = start(new Feed());
    const served = await serveHandler(handler);
    const body = JSON.stringify({ query: QUERY });
    const head = ['POST /graphql HTTP/1.1', 'Host: 127.0.0.1', 'content-type: application/json'];
    const lines = [...head, 'accept: text/event-stream', `content-length: ${body.length}`];
    const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`.repeat(5));
    await vi.waitFor(() => expect(handler.subscriptions.open).toBe(5));
    socket.destroy();
    await vi.waitFor(() => expect(handler.subscriptions.open).toBe(0));
    await served.stop();
  });

  it('are refused where an answer cannot carry them, and by the limits of every query', async () => {
    const handler = start(new Feed(), { ATLAS_MAX_REQUEST_COST: '5' });
    const plain = await ask(handler, QUERY);
    expect(plain).toMatchObject({ status: 400, codes: ['BAD_USER_INPUT'] });
    expect((await open(handler)).messages).toEqual([expect.stringContaining('The request costs an estimated')]);
  });
});

function cursorAt(position: bigint): string {
  return encodeToken({ positions: new Map([['s0', position]]), catalogRevision: 0 }, testScope('s0'));
}
