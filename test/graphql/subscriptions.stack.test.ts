import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SeededRandom } from '../../src/importing/sample-data/seeded-random.ts';
import { type ServedHandler, serveHandler } from '../client/support/serve-handler.ts';
import { type Answer, ask } from './support/ask.ts';
import { type DrivenSources, startDrivenSources } from './support/driven-sources.ts';
import {
  eventStreamSubscriber,
  type Result,
  type Subscriber,
  take,
  webSocketSubscriber,
} from './support/subscribers.ts';

const CHANGE = 'entityId entityType operation version attributes { key before after }';
const EVENT = `change { ${CHANGE} } matches cursor freshness { source stale }`;
const SUBSCRIBE = `subscription ($ids: [ID!], $type: String, $filter: EntityFilter, $after: ConsistencyToken) {
  entityChanged(ids: $ids, type: $type, filter: $filter, after: $after) { ${EVENT} } }`;

interface Change {
  readonly entityId: string;
  readonly entityType: string | null;
  readonly operation: string;
  readonly version: number | null;
  readonly attributes: readonly { key: string; before: unknown; after: unknown }[];
}

interface Event {
  readonly change: Change;
  readonly matches: boolean;
  readonly cursor: string;
  readonly freshness: { readonly source: string; readonly stale: boolean };
}

describe('subscriptions', () => {
  let sources: DrivenSources;
  let served: ServedHandler;
  const subscribers: Subscriber[] = [];
  afterEach(() => {
    for (const subscriber of subscribers.splice(0)) subscriber.close();
  });
  afterAll(async () => {
    await served?.stop();
    await sources?.stop();
  });

  const headersOf = (tenant: number, roles = 'read write define audit operate') => ({
    'x-tenant-id': String(tenant),
    'x-atlas-roles': roles,
  });

  function as(tenant: number, query: string, variables: object = {}): Promise<Answer> {
    return ask(sources.handler, query, { variables, headers: headersOf(tenant) });
  }

  async function data<T>(tenant: number, query: string, variables: object = {}): Promise<T> {
    const answer = await as(tenant, query, variables);
    expect(answer.errors).toEqual([]);
    return answer.data as T;
  }

  function subscriber(kind: 'ws' | 'sse', tenant: number, roles?: string): Subscriber {
    const connect = kind === 'ws' ? webSocketSubscriber : eventStreamSubscriber;
    const one = connect(served.url, headersOf(tenant, roles));
    subscribers.push(one);
    return one;
  }

  async function upsert(tenant: number, id: string, values: Readonly<Record<string, number>>, type = 'order') {
    const attributes = Object.entries(values).map(([key, number]) => ({ key, number }));
    const { upsertEntity } = await data<{ upsertEntity: { consistencyToken: string } }>(
      tenant,
      'mutation ($input: UpsertEntityInput!) { upsertEntity(input: $input) { consistencyToken } }',
      { input: { id, type, attributes } },
    );
    return upsertEntity.consistencyToken;
  }

  async function remove(tenant: number, id: string): Promise<string> {
    const { deleteEntity } = await data<{ deleteEntity: { consistencyToken: string } }>(
      tenant,
      'mutation ($id: ID!) { deleteEntity(id: $id) { consistencyToken } }',
      { id },
    );
    return deleteEntity.consistencyToken;
  }

  const eventOf = ({ data, errors }: Result): Event => {
    expect(errors).toBeUndefined();
    return (data as { entityChanged: Event }).entityChanged;
  };
  const events = async (results: AsyncIterator<Result>, count: number) => (await take(results, count)).map(eventOf);

  /** Everything that has changed since, as pages tell it. */
  async function changesSince(tenant: number, after: string | null, upTo: string): Promise<Change[]> {
    const freshness = { fallback: 'FAIL', after: upTo, maxWaitMs: 10_000 };
    const { changes } = await data<{ changes: { edges: { node: Change }[] } }>(
      tenant,
      `query ($after: ConsistencyToken, $freshness: FreshnessInput) {
        changes(after: $after, first: 1000, freshness: $freshness) { edges { node { ${CHANGE} } } } }`,
      { after, freshness },
    );
    return changes.edges.map(({ node }) => node);
  }

  beforeAll(async () => {
    sources = await startDrivenSources({ ATLAS_TRUST_TENANT_HEADER: 'true', ATLAS_SUBSCRIPTION_INTERVAL_MS: '20' });
    served = await serveHandler(sources.handler);
    // What is written before the shard has been copied is no part of the history.
    await vi.waitFor(async () => {
      const { entityHistory } = await data<{ entityHistory: { completeSince: string | null } }>(
        1,
        '{ entityHistory(id: "1") { completeSince } }',
      );
      expect(Date.parse(entityHistory.completeSince ?? '')).toBeLessThan(Date.now());
      // What reads know of ClickHouse may be from before.
      await data(1, '{ entity(id: "1", freshness: { class: ANALYTICAL, fallback: FAIL }) { id } }');
    }, 10_000);
    await upsert(2, '500', { total: 1 });
  }, 30_000);

  it.each(['ws', 'sse'] as const)(
    'tells of what is written once they are open, and every event says how fresh it is and where to continue: %s',
    async (kind) => {
      const [id, other] = kind === 'ws' ? ['1', '2'] : ['3', '4'];
      const own = subscriber(kind, 1).iterate({ query: SUBSCRIBE, variables: { ids: [id] } });
      const first = events(own, 3);
      await vi.waitFor(() => expect(sources.handler.subscriptions.open).toBe(1), 5_000);
      await upsert(1, other, { total: 1 });
      await upsert(2, id, { total: 1 });
      await upsert(1, id, { total: 1 });
      await upsert(1, id, { total: 2 });
      const last = await remove(1, id);
      const told = await first;
      expect(told.map(({ change, matches }) => [change.operation, change.version, matches])).toEqual([
        ['CREATED', 1, true],
        ['UPDATED', 2, true],
        ['DELETED', 2, false],
      ]);
      expect(told[1]).toMatchObject({
        change: { entityId: id, entityType: 'order', attributes: [{ key: 'total', before: 1, after: 2 }] },
        freshness: { source: 'CLICKHOUSE', stale: false },
      });
      // Page and subscription continue where the event was.
      const rest = await changesSince(1, told[0]?.cursor ?? '', last);
      expect(rest.map(({ operation }) => operation)).toEqual(['UPDATED', 'DELETED']);
      const again = subscriber(kind, 1).iterate({ query: SUBSCRIBE, variables: { after: told[0]?.cursor } });
      expect((await events(again, 2)).map(({ change }) => change)).toEqual(rest);
    },
  );

  it('report the freshness of each event in its extensions, too', async () => {
    const token = await upsert(1, '5', { total: 1 });
    const own = subscriber('ws', 1).iterate({ query: SUBSCRIBE, variables: { after: token } });
    const [next] = await Promise.all([take(own, 1), upsert(1, '5', { total: 2 })]);
    expect(next[0]?.extensions).toMatchObject({
      freshness: { token: expect.any(String), reads: [{ source: 'CLICKHOUSE', shard: 's0' }] },
      cost: { requested: expect.any(Number) },
    });
  });

  it('miss nothing and tell nothing twice, while they catch up with what is being written', async () => {
    const begin = await upsert(3, '1', { total: 0 });
    const random = new SeededRandom(7);
    let last = begin;
    const write = async (count: number) => {
      for (let n = 0; n < count; n++) {
        const id = String(1 + random.below(5));
        last = random.below(5) === 0 ? await remove(3, id) : await upsert(3, id, { total: n, [`k${n % 3}`]: n });
      }
    };
    await write(40);
    const open = (kind: 'ws' | 'sse') => subscriber(kind, 3).iterate({ query: SUBSCRIBE, variables: { after: begin } });
    const all = (['ws', 'sse', 'ws'] as const).map(open);
    const told: Event[][] = all.map(() => []);
    const reading = all.map(async (results, place) => {
      for await (const result of results) told[place]?.push(eventOf(result));
    });
    await write(60);
    const expected = await changesSince(3, begin, last);
    expect(expected.length).toBeGreaterThan(60);
    await vi.waitFor(() => {
      for (const own of told) expect(own.length).toBeGreaterThanOrEqual(expected.length);
    }, 10_000);
    for (const own of told) expect(own.map(({ change }) => change)).toEqual(expected);
    await Promise.all(all.map((results) => results.return?.()));
    await Promise.all(reading);
    await vi.waitFor(() => expect(sources.handler.subscriptions).toMatchObject({ open: 0, tenants: 0 }), 5_000);
  });

  it('judge each change by what the entity was then, however late it is read', async () => {
    const begin = await upsert(4, '100', { total: 0 });
    const filter = { attributes: [{ key: 'total', number: { gte: 10 } }] };
    const open = (after?: string) =>
      subscriber('ws', 4).iterate({ query: SUBSCRIBE, variables: { filter, type: 'order', ...(after && { after }) } });
    const live = open();
    const liveTold = events(live, 7);
    await vi.waitFor(() => expect(sources.handler.subscriptions.open).toBe(1), 5_000);
    await upsert(4, '1', { total: 5 });
    await upsert(4, '1', { total: 10 });
    // Of an attribute that the filter does not name.
    await upsert(4, '1', { other: 1 });
    await upsert(4, '1', { total: 9 });
    await upsert(4, '1', { total: 3 });
    await upsert(4, '2', { total: 50 });
    await remove(4, '2');
    // Another life of the same entity.
    await upsert(4, '2', { total: 1 });
    await upsert(4, '3', { total: 99 }, 'user');
    await upsert(4, '2', { total: 20 });
    await remove(4, '2');
    const expected = [
      ['1', 'UPDATED', 2, true],
      ['1', 'UPDATED', 3, true],
      ['1', 'UPDATED', 4, false],
      ['2', 'CREATED', 1, true],
      ['2', 'DELETED', 1, false],
      ['2', 'UPDATED', 2, true],
      ['2', 'DELETED', 2, false],
    ];
    const seen = (told: readonly Event[]) =>
      told.map(({ change, matches }) => [change.entityId, change.operation, change.version, matches]);
    expect(seen(await liveTold)).toEqual(expected);
    expect(seen(await events(open(begin), 7))).toEqual(expected);
  });

  it('tell of an erasure whatever they select, and of nothing before it', async () => {
    const begin = await upsert(5, '1', { total: 1 });
    await upsert(5, '1', { total: 2 });
    await data(5, 'mutation { eraseEntity(id: "1") { consistencyToken } }');
    const filter = { attributes: [{ key: 'total', number: { gte: 10 } }] };
    const own = subscriber('sse', 5).iterate({ query: SUBSCRIBE, variables: { type: 'user', filter, after: begin } });
    const [told] = await events(own, 1);
    expect(told).toMatchObject({
      change: { entityId: '1', entityType: null, operation: 'ERASED', attributes: [] },
      matches: false,
    });
  });

  it('show what the caller may read, and end if the filter may not be used any more', async () => {
    const define = `mutation ($key: String!, $roles: [String!]) {
      defineAttribute(input: { key: $key, type: NUMBER, access: { read: $roles } }) { definition { key } } }`;
    await data(6, define, { key: 'salary', roles: ['audit'] });
    await data(6, define, { key: 'grade' });
    const begin = await upsert(6, '1', { total: 0 });
    const hidden = { attributes: [{ key: 'salary', number: { gte: 10 } }] };
    const refused = subscriber('ws', 6, 'read').iterate({ query: SUBSCRIBE, variables: { filter: hidden } });
    await expect(refused.next()).rejects.toMatchObject([{ extensions: { code: 'ATTRIBUTE_UNKNOWN' } }]);
    const own = subscriber('ws', 6, 'read').iterate({ query: SUBSCRIBE, variables: { after: begin } });
    const filter = { attributes: [{ key: 'grade', number: { gte: 0 } }] };
    const filtered = subscriber('ws', 6, 'read').iterate({ query: SUBSCRIBE, variables: { filter, after: begin } });
    await upsert(6, '1', { salary: 100, grade: 1 });
    for (const results of [own, filtered]) {
      expect((await events(results, 1))[0]?.change.attributes).toEqual([{ key: 'grade', before: null, after: 1 }]);
    }
    const { errors } = await as(
      6,
      'mutation { updateAttribute(input: { key: "grade", access: { read: ["audit"] } }) { definition { key } } }',
    );
    expect(errors).toEqual([]);
    await upsert(6, '1', { total: 7, grade: 2 });
    // What else it selects goes on, without the attribute.
    expect((await events(own, 1))[0]?.change.attributes).toEqual([{ key: 'total', before: 0, after: 7 }]);
    await expect(filtered.next()).rejects.toMatchObject([
      { extensions: { code: 'ATTRIBUTE_UNKNOWN', cursor: expect.any(String) } },
    ]);
    const auditing = await as(6, '{ changes(first: 1) { edges { node { subject } } } }');
    expect(auditing.errors).toEqual([]);
    const subject = 'subscription { entityChanged { change { subject } } }';
    await expect(subscriber('ws', 6, 'read').iterate({ query: subject }).next()).rejects.toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
  });

  it('refuse a position from before the history', async () => {
    const { changes } = await data<{ changes: { pageInfo: { endCursor: string } } }>(
      1,
      '{ changes(first: 0) { pageInfo { endCursor } } }',
    );
    expect(changes.pageInfo.endCursor).toEqual(expect.any(String));
    const after = 'x'.repeat(20);
    await expect(subscriber('ws', 1).iterate({ query: SUBSCRIBE, variables: { after } }).next()).rejects.toMatchObject([
      { extensions: { code: 'BAD_FRESHNESS' } },
    ]);
  });
});
