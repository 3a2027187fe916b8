import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SeededRandom } from '../../src/importing/sample-data/seeded-random.ts';
import { type Answer, ask } from './support/ask.ts';
import { type DrivenSources, startDrivenSources } from './support/driven-sources.ts';

const CHANGE = 'entityId entityType operation version subject attributes { key type before after }';
const PAGE = `edges { cursor node { ${CHANGE} } } pageInfo { hasNextPage endCursor } freshness { source stale }`;

interface Change {
  readonly entityId: string;
  readonly entityType: string | null;
  readonly operation: string;
  readonly version: number | null;
  readonly subject: string | null;
  readonly attributes: readonly { key: string; type: string; before: unknown; after: unknown }[];
}

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: Change }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

/** Values that are hard to carry: quotes, backslashes, tabs, line ends, numbers of many digits, nested objects. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  text: ["it's", 'a\\b', 'tab\tline\nend', '', '😀'],
  number: [0, -1.5, 1e300, 0.1, 123456789012345680],
  flag: [true, false],
  doc: [{ b: [1, { a: "o'k" }], a: null }, [], 'text', 7],
};
const INPUT: Readonly<Record<string, string>> = { text: 'text', number: 'number', flag: 'boolean', doc: 'json' };
const TYPES: Readonly<Record<string, string>> = { text: 'TEXT', number: 'NUMBER', flag: 'BOOLEAN', doc: 'JSON' };

describe('history', () => {
  let sources: DrivenSources;
  afterAll(() => sources?.stop());

  /** By tenant, in the order in which they were written. */
  const model = new Map<number, Change[]>();
  const tokens = new Map<number, string>();

  async function as(tenant: number, query: string, variables: object = {}): Promise<Answer> {
    const headers = {
      ...{ 'x-tenant-id': String(tenant), 'x-atlas-subject': `subject ${tenant}` },
      'x-atlas-roles': 'read write define audit operate',
    };
    return ask(sources.handler, query, { variables, headers });
  }

  async function data<T>(tenant: number, query: string, variables: object = {}): Promise<T> {
    const answer = await as(tenant, query, variables);
    expect(answer.errors).toEqual([]);
    return answer.data as T;
  }

  /** Includes everything that was written. */
  const fresh = (tenant: number) => ({
    class: 'ANALYTICAL',
    fallback: 'FAIL',
    after: tokens.get(tenant),
    maxWaitMs: 10_000,
  });

  async function changesOf(tenant: number, given: object = {}): Promise<Page> {
    const query = `query ($after: ConsistencyToken, $first: Int, $types: [String!], $operations: [ChangeOperation!], $freshness: FreshnessInput) {
      changes(after: $after, first: $first, types: $types, operations: $operations, freshness: $freshness) { ${PAGE} } }`;
    return (await data<{ changes: Page }>(tenant, query, { freshness: fresh(tenant), ...given })).changes;
  }

  async function historyOf(tenant: number, id: string, given: object = {}): Promise<Page> {
    const query = `query ($id: ID!, $keys: [String!], $after: String, $first: Int, $freshness: FreshnessInput) {
      entityHistory(id: $id, keys: $keys, after: $after, first: $first, freshness: $freshness) { completeSince ${PAGE} } }`;
    return (await data<{ entityHistory: Page }>(tenant, query, { id, freshness: fresh(tenant), ...given }))
      .entityHistory;
  }

  const nodes = ({ edges }: Page) => edges.map(({ node }) => node);

  /** Random writes, and what must be known of them afterwards. */
  async function write(tenant: number, seed: number, count: number): Promise<void> {
    const random = new SeededRandom(seed);
    const pick = <T>(of: readonly T[]): T => of[random.below(of.length)] as T;
    const stored = new Map<string, { version: number; values: Record<string, unknown> }>();
    const written: Change[] = [];
    const record = (entityId: string, operation: string, version: number, before: object, after: object) => {
      const [old, fresh] = [before as Record<string, unknown>, after as Record<string, unknown>];
      const keys = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].sort();
      const attributes = keys
        .filter((key) => JSON.stringify(old[key]) !== JSON.stringify(fresh[key]))
        .map((key) => ({ key, type: TYPES[key] ?? '', before: old[key] ?? null, after: fresh[key] ?? null }));
      const entityType = Number(entityId) % 2 === 0 ? 'even' : 'odd';
      written.push({ entityId, entityType, operation, version, subject: `subject ${tenant}`, attributes });
    };
    for (let n = 0; n < count; n++) {
      const id = String(1 + random.below(4));
      const known = stored.get(id);
      if (known !== undefined && random.below(6) === 0) {
        const { deleteEntity } = await data<{ deleteEntity: { consistencyToken: string } }>(
          tenant,
          'mutation ($id: ID!) { deleteEntity(id: $id) { deleted consistencyToken } }',
          { id },
        );
        tokens.set(tenant, deleteEntity.consistencyToken);
        record(id, 'DELETED', known.version, known.values, {});
        stored.delete(id);
        continue;
      }
      const keys = Object.keys(VALUES).filter(() => random.below(2) === 0);
      const set = Object.fromEntries(keys.map((key) => [key, pick(VALUES[key] ?? [])]));
      const removed = Object.keys(known?.values ?? {}).filter((key) => !(key in set) && random.below(4) === 0);
      const input = {
        ...{ id, type: Number(id) % 2 === 0 ? 'even' : 'odd', removeAttributes: removed },
        attributes: Object.entries(set).map(([key, value]) => ({ key, [INPUT[key] ?? '']: value })),
      };
      const { upsertEntity } = await data<{ upsertEntity: { status: string; consistencyToken: string } }>(
        tenant,
        'mutation ($input: UpsertEntityInput!) { upsertEntity(input: $input) { status consistencyToken } }',
        { input },
      );
      tokens.set(tenant, upsertEntity.consistencyToken);
      if (upsertEntity.status === 'UNCHANGED') continue;
      const values = { ...known?.values, ...set };
      for (const key of removed) delete (values as Record<string, unknown>)[key];
      const version = (known?.version ?? 0) + 1;
      record(id, known === undefined ? 'CREATED' : 'UPDATED', version, known?.values ?? {}, values);
      stored.set(id, { version, values });
    }
    model.set(tenant, written);
  }

  beforeAll(async () => {
    sources = await startDrivenSources({ ATLAS_TRUST_TENANT_HEADER: 'true', ATLAS_MAX_PAST_CHANGES: '20' });
    // What is written before the shard has been copied is no part of the history.
    await vi.waitFor(async () => {
      const { entityHistory } = await data<{ entityHistory: { completeSince: string | null } }>(
        1,
        '{ entityHistory(id: "1") { completeSince } }',
      );
      expect(Date.parse(entityHistory.completeSince ?? '')).toBeLessThan(Date.now());
    }, 10_000);
    await write(1, 1, 60);
    await write(2, 2, 20);
  }, 60_000);

  it('has every change of an entity, newest first, with what it was before and after', async () => {
    for (const tenant of [1, 2]) {
      const expected = model.get(tenant) ?? [];
      for (const id of ['1', '2', '3', '4']) {
        const own = expected.filter(({ entityId }) => entityId === id).reverse();
        expect(nodes(await historyOf(tenant, id, { first: 100 })), `entity ${id} of tenant ${tenant}`).toEqual(own);
        const texts = own.filter(({ attributes }) => attributes.some(({ key }) => key === 'text'));
        const shown = nodes(await historyOf(tenant, id, { first: 100, keys: ['text'] }));
        expect(shown.map(({ version }) => version)).toEqual(texts.map(({ version }) => version));
        expect(shown.flatMap(({ attributes }) => attributes).every(({ key }) => key === 'text')).toBe(true);
      }
    }
    expect((model.get(1) ?? []).map(({ operation }) => operation)).toContain('DELETED');
  });

  it('is read in pages that join, for a list of entities by one statement', async () => {
    const own = (model.get(1) ?? []).filter(({ entityId }) => entityId === '2').reverse();
    const seen: Change[] = [];
    let after: string | null = null;
    for (;;) {
      const page: Page = await historyOf(1, '2', { first: 3, after });
      expect(page.edges.length).toBeLessThanOrEqual(3);
      seen.push(...nodes(page));
      if (!page.pageInfo.hasNextPage) break;
      after = page.pageInfo.endCursor;
    }
    expect(seen).toEqual(own);
    const foreign = await as(2, `{ entityHistory(id: "2", after: "${after}") { edges { cursor } } }`);
    expect(foreign.codes).toEqual(['BAD_USER_INPUT']);
    const { entities } = await data<{ entities: { edges: { node: { id: string; history: Page } }[] } }>(
      1,
      `query ($freshness: FreshnessInput) { entities(first: 10) { edges { node { id history(first: 1, freshness: $freshness) { edges { node { ${CHANGE} } } } } } } }`,
      { freshness: fresh(1) },
    );
    for (const { node } of entities.edges) {
      const newest = (model.get(1) ?? []).findLast(({ entityId }) => entityId === node.id);
      expect(nodes(node.history)).toEqual([newest]);
    }
  });

  it('is a feed that continues exactly from every cursor, of one tenant, of some types and kinds', async () => {
    for (const tenant of [1, 2]) expect(nodes(await changesOf(tenant, { first: 500 }))).toEqual(model.get(tenant));
    const all = await changesOf(1, { first: 500 });
    expect(all.pageInfo.hasNextPage).toBe(false);
    expect((await changesOf(1, { after: all.pageInfo.endCursor })).edges).toEqual([]);
    for (const [place, { cursor }] of all.edges.entries()) {
      if (place % 7 !== 0) continue;
      const page = await changesOf(1, { first: 5, after: cursor });
      expect(nodes(page), `after ${place}`).toEqual((model.get(1) ?? []).slice(place + 1, place + 6));
      expect(page.pageInfo.hasNextPage).toBe(place + 6 < all.edges.length);
    }
    const deleted = (model.get(1) ?? []).filter(({ operation }) => operation === 'DELETED');
    expect(nodes(await changesOf(1, { operations: ['DELETED'], first: 500 }))).toEqual(deleted);
    const even = (model.get(1) ?? []).filter(({ entityType }) => entityType === 'even');
    expect(nodes(await changesOf(1, { types: ['even'], first: 500 }))).toEqual(even);
  });

  it('shows the changes of one transaction together', async () => {
    const before = (await changesOf(1, { first: 500 })).pageInfo.endCursor;
    const input = [11, 12, 13].map((id) => ({ id: String(id), type: 'odd', attributes: [{ key: 'text', text: 'x' }] }));
    const { upsertEntities } = await data<{ upsertEntities: { consistencyToken: string } }>(
      1,
      'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { consistencyToken } }',
      { input },
    );
    tokens.set(1, upsertEntities.consistencyToken);
    const page = await changesOf(1, { after: before, first: 1 });
    expect(nodes(page).map(({ entityId }) => entityId)).toEqual(['11', '12', '13']);
    expect(page.edges.map(({ cursor }) => cursor === before)).toEqual([true, true, false]);
    const [first, , last] = page.edges;
    expect(nodes(await changesOf(1, { after: first?.cursor })).length).toBe(3);
    expect(nodes(await changesOf(1, { after: last?.cursor }))).toEqual([]);
  });

  it('shows nothing of what was erased, from the moment on at which the erasure is known', async () => {
    const before = (await changesOf(1, { first: 500 })).pageInfo.endCursor;
    const { eraseEntity } = await data<{ eraseEntity: { consistencyToken: string } }>(
      1,
      'mutation { eraseEntity(id: "1") { consistencyToken } }',
    );
    tokens.set(1, eraseEntity.consistencyToken);
    const erasure = { entityId: '1', entityType: null, operation: 'ERASED', version: null, attributes: [] };
    expect(nodes(await historyOf(1, '1'))).toEqual([{ ...erasure, subject: 'subject 1' }]);
    expect(nodes(await changesOf(1, { after: before, types: ['none'] }))).toEqual([
      { ...erasure, subject: 'subject 1' },
    ]);
    const all = nodes(await changesOf(1, { first: 500 })).filter(({ entityId }) => entityId === '1');
    expect(all.map(({ operation }) => operation)).toEqual(['ERASED']);
  });

  interface Lived {
    readonly at: string;
    readonly token: string;
    readonly operation: string;
    readonly version: number;
    readonly attributes: readonly { key: string; after: unknown }[];
  }

  /** What an entity is after these changes, oldest first. */
  function stateAfter(id: string, by: readonly Lived[]): object | null {
    const last = by.at(-1);
    if (last === undefined || last.operation === 'DELETED') return null;
    const born = by.findLastIndex(({ operation }) => operation === 'CREATED');
    const values: Record<string, unknown> = {};
    const setAt: Record<string, string> = {};
    for (const { at, attributes } of by.slice(born)) {
      for (const { key, after } of attributes) {
        values[key] = after;
        setAt[key] = at;
      }
    }
    const attributes = Object.keys(values)
      .filter((key) => values[key] !== null)
      .sort()
      .map((key) => ({ key, updatedAt: setAt[key], [INPUT[key] ?? '']: values[key] }));
    return {
      ...{ id, type: Number(id) % 2 === 0 ? 'even' : 'odd', version: last.version },
      ...{ updatedAt: last.at, createdAt: by[born]?.at, attributes, fresh: values.text ?? null },
    };
  }

  it('shows an entity as it was at any time, and at any token, undone from what it is', async () => {
    const fields = `id type version updatedAt createdAt attributes { key updatedAt ... on TextAttribute { text } ... on NumberAttribute { number }
      ... on BooleanAttribute { boolean } ... on JsonAttribute { json } }`;
    const query = `query ($id: ID!, $at: DateTime, $token: ConsistencyToken, $freshness: FreshnessInput) {
      entity(id: $id, asOf: $at, asOfToken: $token, freshness: $freshness) { ${fields} fresh: text(key: "text", freshness: { class: REALTIME }) } }`;
    const { entityHistory } = await data<{ entityHistory: { completeSince: string } }>(
      2,
      '{ entityHistory(id: "1") { completeSince } }',
    );
    for (const tenant of [1, 2]) {
      for (const id of ['2', '3']) {
        const timed = `{ entityHistory(id: "${id}", first: 500) { edges { node { at token operation version attributes { key after } } } } }`;
        const { entityHistory: history } = await data<{ entityHistory: { edges: { node: Lived }[] } }>(tenant, timed);
        const lived = history.edges.map(({ node }) => node).reverse();
        const moments = [Date.parse(entityHistory.completeSince), ...lived.map(({ at }) => Date.parse(at)), Date.now()];
        for (const [place, moment] of moments.entries()) {
          // The first and the last ones, and a third of those in between.
          if (place % 3 !== 0 && place > 3 && place < moments.length - 2) continue;
          // Of several changes in one millisecond, a time shows the last one, and a token each.
          const token = lived[place - 1]?.token;
          const known = { class: 'ANALYTICAL', fallback: 'REPLICA', after: tokens.get(tenant), maxWaitMs: 10_000 };
          const shown = async (asked: object) =>
            (await data<{ entity: unknown }>(tenant, query, { id, freshness: known, ...asked })).entity;
          const where = `entity ${id} of tenant ${tenant} at ${moment}`;
          const byTime = lived.filter(({ at }) => Date.parse(at) <= moment);
          expect(await shown({ at: new Date(moment).toISOString() }), where).toEqual(stateAfter(id, byTime));
          if (token !== undefined && place % 2 === 0)
            expect(await shown({ token }), where).toEqual(stateAfter(id, lived.slice(0, place)));
        }
      }
    }
    const { entity } = await data<{ entity: unknown }>(1, query, {
      id: '1',
      at: new Date(Date.now() - 10).toISOString(),
      freshness: { ...fresh(1), fallback: 'REPLICA' },
    });
    expect(entity).toBeNull();
    const both = `asOf: "${new Date().toISOString()}", asOfToken: "${tokens.get(1)}"`;
    expect((await as(1, `{ entity(id: "2", ${both}) { id } }`)).codes).toEqual(['BAD_USER_INPUT']);
    const refused = (at: number) => as(1, `{ entity(id: "2", asOf: "${new Date(at).toISOString()}") { id } }`);
    expect((await refused(Date.now() + 60_000)).codes).toEqual(['BAD_USER_INPUT']);
    expect((await refused(Date.parse(entityHistory.completeSince) - 1)).codes).toEqual(['BAD_USER_INPUT']);
  });

  describe('pages of entities as they were', () => {
    const query = `query ($type: String, $filter: EntityFilter, $order: [EntityOrder!], $first: Int, $after: String, $last: Int, $at: DateTime, $token: ConsistencyToken, $freshness: FreshnessInput) {
      entities(type: $type, filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, asOf: $at, asOfToken: $token, freshness: $freshness) {
        edges { cursor node { id version text(key: "text") number(key: "number") } } pageInfo { hasNextPage hasPreviousPage } freshness { source stale } } }`;
    interface Row {
      readonly id: string;
      readonly version: number;
      readonly text: string | null;
      readonly number: number | null;
    }
    interface PastPage {
      readonly edges: readonly { readonly cursor: string; readonly node: Row }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
    }
    const pageOf = async (tenant: number, given: object): Promise<PastPage> =>
      (await data<{ entities: PastPage }>(tenant, query, { freshness: fresh(tenant), ...given })).entities;
    const rowsOf = ({ edges }: PastPage) => edges.map(({ node }) => node);

    it('have what there was at any token, filtered and ordered by what it was, in pages that join', async () => {
      const changes = `query ($freshness: FreshnessInput) { changes(first: 500, freshness: $freshness) {
        edges { node { token at entityId entityType operation version attributes { key after } } } } }`;
      const { changes: feed } = await data<{
        changes: { edges: { node: Lived & { entityId: string; entityType: string } }[] };
      }>(2, changes, { freshness: fresh(2) });
      const states = new Map<string, Row & { readonly type: string }>();
      const nodes = feed.edges.map(({ node }) => node);
      let checked = 0;
      for (const [
        place,
        { token, entityId: id, entityType: type, operation, version, attributes },
      ] of nodes.entries()) {
        const before = operation === 'CREATED' ? undefined : states.get(id);
        const values = Object.fromEntries(attributes.map(({ key, after }) => [key, after]));
        const known = { text: before?.text ?? null, number: before?.number ?? null, ...values };
        if (operation === 'DELETED') states.delete(id);
        else
          states.set(id, {
            id,
            type,
            version,
            text: known.text as string | null,
            number: known.number as number | null,
          });
        // In the middle, and near the end.
        if (place !== Math.floor(nodes.length / 2) && place !== nodes.length - 3) continue;
        checked += 1;
        const all = [...states.values()].sort((a, b) => Number(a.id) - Number(b.id));
        const shown = (some: typeof all) => some.map(({ type: _type, ...row }) => row);
        expect(rowsOf(await pageOf(2, { token })), `after ${place}`).toEqual(shown(all));
        const numbered = all
          .filter((row) => row.type === 'even' && row.number !== null)
          .sort((a, b) => Number(b.number) - Number(a.number) || Number(a.id) - Number(b.id));
        const asked = {
          ...{ type: 'even', filter: { attributes: [{ key: 'number', exists: true }] }, token },
          order: [{ attribute: 'number', direction: 'DESC' }],
        };
        const first = await pageOf(2, { ...asked, first: 1 });
        const rest = await pageOf(2, { ...asked, after: first.edges[0]?.cursor });
        expect([...rowsOf(first), ...(first.edges.length > 0 ? rowsOf(rest) : [])]).toEqual(shown(numbered));
        expect(first.pageInfo).toEqual({ hasNextPage: numbered.length > 1, hasPreviousPage: false });
        expect(rowsOf(await pageOf(2, { ...asked, first: null, last: 1 }))).toEqual(shown(numbered.slice(-1)));
      }
      expect(checked).toBe(2);
      const end = await pageOf(2, { at: nodes.at(-1)?.at });
      expect(rowsOf(end).map(({ id }) => id)).toEqual([...states.keys()].sort());
      expect(end).toMatchObject({ freshness: { source: 'CLICKHOUSE', stale: false } });
    });

    it('stay the same while entities change', async () => {
      const upsert = async (ids: readonly number[], number: (id: number) => number) => {
        const { upsertEntities } = await data<{ upsertEntities: { consistencyToken: string } }>(
          7,
          'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { consistencyToken } }',
          {
            input: ids.map((id) => ({
              ...{ id: String(id), type: 'odd' },
              attributes: [
                { key: 'number', number: number(id) },
                { key: 'text', text: 'a' },
              ],
            })),
          },
        );
        tokens.set(7, upsertEntities.consistencyToken);
      };
      const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => first + n);
      await upsert(from(700, 12), (id) => id);
      const token = tokens.get(7);
      const asked = { token, order: [{ attribute: 'number', direction: 'ASC' }], first: 8 };
      const before = rowsOf(await pageOf(7, asked));
      expect(before.map(({ id, number }) => [id, number])).toEqual(
        Array.from({ length: 8 }, (_, n) => [String(700 + n), 700 + n]),
      );
      const writing = (async () => {
        for (let n = 0; n < 20; n++) await upsert([700 + ((n * 5) % 12)], () => -n);
      })();
      for (let n = 0; n < 4; n++) expect(rowsOf(await pageOf(7, asked))).toEqual(before);
      await writing;
      expect(rowsOf(await pageOf(7, asked))).toEqual(before);
      const costOf = async (given: object) =>
        ((await as(7, query, { ...given, freshness: fresh(7) })).extensions.cost as { requested: number }).requested;
      // Each of the twelve has changed since.
      expect((await costOf(asked)) - (await costOf({ ...asked, token: null }))).toBe(100 + 12 * 2);
      await upsert(from(720, 15), () => 1);
      const refused = await as(7, query, { ...asked, freshness: fresh(7) });
      expect(refused).toMatchObject({
        codes: ['LIMIT_EXCEEDED'],
        errors: [{ message: 'More than 20 entities have changed since, the limit.' }],
      });
      expect((await as(7, `{ entities(asOfToken: "${token}") { totalCount } }`)).codes).toEqual(['BAD_USER_INPUT']);
    });
  });

  it('needs the role audit to say who has written', async () => {
    const query = '{ changes(first: 1) { edges { node { subject } } } }';
    const headers = { 'x-tenant-id': '1', 'x-atlas-roles': 'read write define' };
    expect(await ask(sources.handler, query, { headers })).toMatchObject({ status: 403, codes: ['FORBIDDEN'] });
  });

  it('is refused where ClickHouse does not know enough, unless a stale answer will do', async () => {
    await sources.stopReplicator();
    const { upsertEntity } = await data<{ upsertEntity: { consistencyToken: string } }>(
      1,
      'mutation { upsertEntity(input: { id: "9", type: "odd", attributes: [] }) { consistencyToken } }',
    );
    const read = (fallback: string, more = '') =>
      as(
        1,
        `{ changes(first: 1, freshness: { class: REALTIME, fallback: ${fallback} ${more} }) { freshness { source stale } } }`,
      );
    for (const fallback of ['FAIL', 'PRIMARY']) {
      expect((await read(fallback)).codes, fallback).toEqual(['FRESHNESS_UNAVAILABLE']);
    }
    expect((await read('REPLICA')).data).toEqual({ changes: { freshness: { source: 'CLICKHOUSE', stale: true } } });
    const token = `after: "${upsertEntity.consistencyToken}", maxWaitMs: 0`;
    expect((await read('REPLICA', token)).codes).toEqual(['FRESHNESS_UNAVAILABLE']);
  });
});
