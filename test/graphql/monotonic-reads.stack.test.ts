import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConsistencyTokens } from '../../packages/client/src/core/consistency-tokens.ts';
import { SeededRandom } from '../../src/importing/sample-data/seeded-random.ts';
import { ADAPTERS } from '../client/support/adapters.ts';
import { MemoryStorage } from '../client/support/memory-storage.ts';
import { type ServedHandler, serveHandler } from '../client/support/serve-handler.ts';
import { ask } from './support/ask.ts';
import { type DrivenSources, startDrivenSources } from './support/driven-sources.ts';

const PATIENCE = { timeout: 15_000 };

let sources: DrivenSources;

beforeAll(async () => {
  sources = await startDrivenSources();
});
afterAll(() => sources?.stop());

const UPSERT = `mutation ($input: UpsertEntityInput!) { upsertEntity(input: $input) { entity { version } consistencyToken } }`;
/** Each finds one entity, and tells its state and the token of the read. */
const QUESTIONS = {
  entity: `query ($id: ID!, $freshness: FreshnessInput) {
    found: entity(id: $id, freshness: $freshness) { version freshness { token source } } }`,
  page: `query ($name: String!, $freshness: FreshnessInput) {
    entities(filter: { attributes: [{ key: "name", text: { eq: $name } }] }, freshness: $freshness) {
      edges { node { version } } freshness { token source } } }`,
} as const;
type Kind = keyof typeof QUESTIONS;

async function write(id: string): Promise<{ version: number; token: string }> {
  const input = {
    id,
    type: 'user',
    attributes: [
      { key: 'name', text: `name ${id}` },
      { key: 'n', number: Math.random() },
    ],
  };
  const { data, errors } = await ask(sources.handler, UPSERT, { variables: { input } });
  expect(errors).toEqual([]);
  const { entity, consistencyToken } = (
    data as { upsertEntity: { entity: { version: number }; consistencyToken: string } }
  ).upsertEntity;
  return { version: entity.version, token: consistencyToken };
}

interface Seen {
  readonly version: number;
  readonly source: string;
  /** In the data, in the extensions and in the header. */
  readonly tokens: readonly [string, string, string];
}

async function read(kind: Kind, id: string, freshness: object, token: string | null): Promise<Seen> {
  const { data, errors, headers, extensions } = await ask(sources.handler, QUESTIONS[kind], {
    variables: { ...(kind === 'entity' ? { id } : { name: `name ${id}` }), freshness },
    ...(token !== null && { headers: { 'x-consistency-token': token } }),
  });
  expect(errors).toEqual([]);
  type Freshness = { token: string; source: string };
  const answer = data as {
    found?: { version: number; freshness: Freshness };
    entities?: { edges: { node: { version: number } }[]; freshness: Freshness };
  };
  const found = answer.found ?? { ...answer.entities, version: answer.entities?.edges[0]?.node.version ?? 0 };
  const inExtensions = (extensions.freshness as { token: string }).token;
  return {
    version: found.version,
    source: found.freshness?.source ?? '',
    tokens: [found.freshness?.token ?? '', inExtensions, headers.get('x-consistency-token') ?? ''],
  };
}

const REPLICA = { class: 'OPERATIONAL', fallback: 'PRIMARY', maxWaitMs: 30 };
const CLICKHOUSE = { class: 'ANALYTICAL', fallback: 'PRIMARY', maxWaitMs: 30 };
const PRIMARY = { class: 'REALTIME' };

describe.each(['entity', 'page'] as const)('under writes and changing lags, %s reads', (kind) => {
  it('go back in time without the token, and never with the token of the read before', async () => {
    const random = new SeededRandom(kind.length);
    const choose = <T>(from: readonly T[]): T => random.pick(from);
    const ids = ['11', '12', '13'];
    for (const id of ids) await write(id);
    let writing = true;
    const writers = ids.map(async (id) => {
      while (writing) await write(id);
    });
    const lags = (async () => {
      while (writing) {
        const replica = choose([0, 1] as const);
        await sources.replay(replica, 'pause');
        for (let written = 0; writing && written < 5; written++) await write('19');
        await sources.replay(replica, 'resume');
      }
    })();
    const client = async (carriesToken: boolean): Promise<string[]> => {
      const last = new Map<string, number>();
      let token: string | null = null;
      let before = 'none';
      const backward: string[] = [];
      for (let step = 0; step < 30; step++) {
        const id = choose(ids);
        sources.prefer(choose([0, 1] as const));
        const seen = await read(kind, id, choose([REPLICA, REPLICA, CLICKHOUSE, PRIMARY]), token);
        if (seen.version < (last.get(id) ?? 0)) backward.push(`step ${step}: ${seen.source} after ${before}`);
        last.set(id, Math.max(seen.version, last.get(id) ?? 0));
        before = seen.source;
        if (carriesToken) token = choose(seen.tokens);
      }
      return backward;
    };
    const [carrying, alsoCarrying, forgetting] = await Promise.all([client(true), client(true), client(false)]);
    writing = false;
    await Promise.all([...writers, lags]);
    expect([carrying, alsoCarrying]).toEqual([[], []]);
    expect(forgetting.length).toBeGreaterThan(0);
  });
});

describe('with one replica ahead, one behind, and ClickHouse behind', () => {
  const id = '1';
  let old: number;
  let current: number;

  beforeAll(async () => {
    // The last heartbeat is everywhere, so none proves that a replica contains what only it shows.
    await sources.stopHeartbeats();
    old = (await write(id)).version;
    await vi.waitFor(async () => {
      for (const replica of [0, 1] as const) {
        sources.prefer(replica);
        expect(await read('entity', id, REPLICA, null)).toMatchObject({ version: old, source: 'REPLICA' });
      }
      expect(await read('entity', id, CLICKHOUSE, null)).toMatchObject({ version: old, source: 'CLICKHOUSE' });
    }, PATIENCE);
    await sources.replay(1, 'pause');
    await sources.stopReplicator();
    current = (await write(id)).version;
    sources.prefer(0);
    await vi.waitFor(async () => expect((await read('entity', id, REPLICA, null)).version).toBe(current), PATIENCE);
  });

  it('a client without a token sees older data after newer', async () => {
    sources.prefer(0);
    expect(await read('entity', id, REPLICA, null)).toMatchObject({ version: current, source: 'REPLICA' });
    sources.prefer(1);
    expect(await read('entity', id, REPLICA, null)).toMatchObject({ version: old, source: 'REPLICA' });
    expect(await read('page', id, CLICKHOUSE, null)).toMatchObject({ version: old, source: 'CLICKHOUSE' });
  });

  it.each(['entity', 'page'] as const)('a client that carries any token of its read sees none: %s', async (kind) => {
    sources.prefer(0);
    const { version, tokens } = await read(kind, id, REPLICA, null);
    expect(version).toBe(current);
    for (const token of tokens) {
      sources.prefer(1);
      for (const next of [REPLICA, CLICKHOUSE]) {
        expect(await read('entity', id, next, token)).toMatchObject({ version: current });
        expect(await read('page', id, { ...next, after: token }, null)).toMatchObject({ version: current });
      }
      const refused = await ask(sources.handler, QUESTIONS.entity, {
        variables: { id, freshness: { ...CLICKHOUSE, fallback: 'FAIL', after: token } },
      });
      expect(refused.codes).toEqual(['FRESHNESS_UNAVAILABLE']);
    }
  });

  it('the token of a read of the primary, and of one that fell back to it, works alike', async () => {
    sources.prefer(1);
    const { tokens } = await read('entity', id, PRIMARY, null);
    const fellBack = await read('entity', id, REPLICA, tokens[0]);
    expect(fellBack.version).toBe(current);
    expect(await read('entity', id, REPLICA, fellBack.tokens[2])).toMatchObject({ version: current });
  });

  it('the token of a read contains the token that the read was given', async () => {
    const { version, token } = await write(id);
    sources.prefer(1);
    // What the replica behind has is enough for this one, so its own token covers less.
    const earlier = await read('entity', id, REPLICA, null);
    expect(earlier.version).toBe(old);
    const both = await read('entity', id, REPLICA, `${earlier.tokens[0]}, ${token}`);
    expect(both.version).toBe(version);
    for (const merged of both.tokens) {
      expect(await read('entity', id, REPLICA, merged)).toMatchObject({ version });
    }
  });

  describe.each(['apollo', 'urql', 'fetch'] as const)('the client for %s', (name) => {
    const FIND = `query ($id: ID!) { entity(id: $id, freshness: { maxWaitMs: 30 }) { version } }`;
    const CHANGE = `mutation M($input: UpsertEntityInput!) { upsertEntity(input: $input) { entity { version } } }`;
    const fromReplica = { freshness: { class: 'OPERATIONAL', fallback: 'PRIMARY' } } as const;
    let server: ServedHandler;
    beforeAll(async () => {
      server = await serveHandler(sources.handler);
      sources.prefer(1);
    });
    afterAll(() => server?.stop());

    const change = () => ({ id, type: 'user', attributes: [{ key: 'n', number: Math.random() }] });
    const versionIn = (data: unknown): number => {
      const { entity, upsertEntity } = data as {
        entity?: { version: number };
        upsertEntity?: { entity: { version: number } };
      };
      return entity?.version ?? upsertEntity?.entity.version ?? 0;
    };

    it('reads its own writes, which the replica lacks, and says what served them', async () => {
      const client = ADAPTERS[name](server.url, fromReplica);
      const before = await client.send(FIND, { id });
      expect(versionIn(before.data)).toBe(old);
      expect(before.served).toMatchObject({ source: 'REPLICA', reason: 'WITHIN_BOUND', fellBack: false, stale: false });
      const written = await client.send(CHANGE, { input: change() });
      const after = await client.send(FIND, { id });
      expect(after.errors).toEqual([]);
      expect(versionIn(after.data)).toBe(versionIn(written.data));
      expect(after.served?.reads.map(({ lagMs }) => lagMs)).toHaveLength(1);
    });

    it('reads what another tab has written, if the tabs share a storage', async () => {
      const storage = new MemoryStorage();
      const tab = (stored: boolean) =>
        ADAPTERS[name](server.url, { ...fromReplica, ...(stored && { tokens: new ConsistencyTokens({ storage }) }) });
      const written = await tab(true).send(CHANGE, { input: change() });
      expect(versionIn((await tab(true).send(FIND, { id })).data)).toBe(versionIn(written.data));
      expect(versionIn((await tab(false).send(FIND, { id })).data)).toBe(old);
    });

    it('hands on the error of a source that no wait within the limit would help', async () => {
      const client = ADAPTERS[name](server.url);
      await client.send(CHANGE, { input: change() });
      const startedAt = performance.now();
      const refused = await client.send(FIND, { id }, { freshness: { class: 'ANALYTICAL', fallback: 'FAIL' } });
      expect(refused.errors).toEqual([expect.stringContaining('did not reach the consistency token')]);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    });
  });
});
