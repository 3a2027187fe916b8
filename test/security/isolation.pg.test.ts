import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../graphql/support/graphql-stack.ts';

const SEED = Number(process.env.ISOLATION_SEED ?? 20261121);
const OPERATIONS_PER_TENANT = 600;
const TENANTS = [1, 2, 3];
const IDS = 12;
const KEYS = ['name', 'city', 'score', 'mark'];

type Value = string | number;
interface Entity {
  readonly values: Map<string, Value>;
  version: number;
}

/** Mulberry32: small and good enough to choose operations. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Appears in every text of the tenant, and nowhere else. */
const markOf = (tenant: number) => `secret-of-${tenant}-`;

/** A key has another type in each tenant. */
const isNumber = (tenant: number, key: string) => (KEYS.indexOf(key) + tenant) % 3 === 0;

class Tenant {
  readonly #entities = new Map<string, Entity>();
  readonly #next: (below: number) => number;
  readonly #stack: GraphQLStack;
  readonly tenant: number;
  /** What others have left: cursors, tokens, values. */
  readonly #found: string[];

  constructor(tenant: number, stack: GraphQLStack, found: string[]) {
    this.tenant = tenant;
    this.#stack = stack;
    this.#found = found;
    this.#next = random(SEED + tenant);
  }

  /** Defines every key, with the types of this tenant. */
  async begin(): Promise<void> {
    for (const key of KEYS) await this.#set(this.#id(), key);
  }

  async step(): Promise<void> {
    const steps = [
      () => this.#upsert(),
      () => this.#upsert(),
      () => this.#delete(),
      () => this.#read(),
      () => this.#read(),
      () => this.#find(),
      () => this.#count(),
      () => this.#definitions(),
      () => this.#withWhatOthersLeft(),
      () => this.#writeWrongly(),
    ];
    await steps[this.#next(steps.length)]?.();
  }

  async #ask(query: string, variables: object = {}) {
    const headers = { 'x-tenant-id': String(this.tenant), 'x-freshness-requirement': 'realtime' };
    const answer = await ask(this.#stack.handler, query, { variables, headers });
    const text = JSON.stringify([answer.data, answer.errors, answer.extensions, [...answer.headers]]);
    for (const other of TENANTS) if (other !== this.tenant) expect(text).not.toContain(markOf(other));
    expect(answer.codes).not.toContain('INTERNAL');
    return answer;
  }

  #id(): string {
    return String(1 + this.#next(IDS));
  }

  #key(): string {
    return KEYS[this.#next(KEYS.length)] ?? 'name';
  }

  #value(key: string): Value {
    return isNumber(this.tenant, key) ? this.tenant * 1000 + this.#next(5) : `${markOf(this.tenant)}${this.#next(5)}`;
  }

  #input(key: string, value: Value): object {
    return typeof value === 'number' ? { key, number: value } : { key, text: value };
  }

  #upsert(): Promise<void> {
    return this.#set(this.#id(), this.#key());
  }

  async #set(id: string, key: string): Promise<void> {
    const value = this.#value(key);
    const { data, errors } = await this.#ask(
      'mutation ($input: UpsertEntityInput!) { upsertEntity(input: $input) { entity { version } consistencyToken } }',
      { input: { id, type: 'thing', attributes: [this.#input(key, value)] } },
    );
    expect(errors).toEqual([]);
    const known = this.#entities.get(id) ?? { values: new Map<string, Value>(), version: 0 };
    if (known.values.get(key) !== value) known.version += 1;
    known.values.set(key, value);
    this.#entities.set(id, known);
    const { upsertEntity } = data as { upsertEntity: { entity: { version: number }; consistencyToken: string } };
    expect(Number(upsertEntity.entity.version)).toBe(known.version);
    this.#found.push(upsertEntity.consistencyToken);
  }

  async #delete(): Promise<void> {
    const id = this.#id();
    const { data } = await this.#ask('mutation ($id: ID!) { deleteEntity(id: $id) { deleted } }', { id });
    expect(data).toEqual({ deleteEntity: { deleted: this.#entities.delete(id) } });
  }

  async #read(): Promise<void> {
    const ids = [this.#id(), this.#id(), this.#id()];
    const { data } = await this.#ask(
      `query ($ids: [ID!]!, $r: [_Any!]!) {
        entitiesById(ids: $ids) { ...E }
        _entities(representations: $r) { ... on Entity { ...E } }
      }
      fragment E on Entity { id version attributes { key ... on TextAttribute { text } ... on NumberAttribute { number } } }`,
      { ids, r: ids.map((id) => ({ __typename: 'Entity', id })) },
    );
    const expected = ids.map((id) => {
      const known = this.#entities.get(id);
      if (known === undefined) return null;
      const attributes = [...known.values].sort(([a], [b]) => (a < b ? -1 : 1));
      return { id, version: known.version, attributes: attributes.map(([key, value]) => this.#input(key, value)) };
    });
    expect(data).toEqual({ entitiesById: expected, _entities: expected });
  }

  #matching(key: string, value: Value): string[] {
    return [...this.#entities]
      .filter(([, { values }]) => values.get(key) === value)
      .map(([id]) => id)
      .sort((a, b) => Number(a) - Number(b));
  }

  async #find(): Promise<void> {
    const key = this.#key();
    const value = this.#value(key);
    const predicate = { key, ...(typeof value === 'number' ? { number: { eq: value } } : { text: { eq: value } }) };
    const answer = await this.#ask(
      'query ($filter: EntityFilter) { entities(filter: $filter, first: 3) { totalCount edges { cursor node { id } } } }',
      { filter: { attributes: [predicate] } },
    );
    if (answer.codes.includes('ATTRIBUTE_UNKNOWN')) return;
    const ids = this.#matching(key, value);
    const { entities } = answer.data as {
      entities: { totalCount: number; edges: { cursor: string; node: { id: string } }[] };
    };
    expect([entities.totalCount, entities.edges.map(({ node }) => node.id)]).toEqual([ids.length, ids.slice(0, 3)]);
    this.#found.push(...entities.edges.map(({ cursor }) => cursor));
  }

  async #count(): Promise<void> {
    const { data } = await this.#ask(
      '{ analytics { count(type: "thing", freshness: { class: REALTIME }) { count } } }',
    );
    expect(data).toEqual({ analytics: { count: { count: this.#entities.size } } });
  }

  async #definitions(): Promise<void> {
    const { data } = await this.#ask('{ attributeDefinitions { edges { node { key type } } } }');
    const { attributeDefinitions } = data as {
      attributeDefinitions: { edges: { node: { key: string; type: string } }[] };
    };
    for (const { node } of attributeDefinitions.edges) {
      expect([node.key, node.type]).toEqual([
        node.key,
        KEYS.includes(node.key) && isNumber(this.tenant, node.key) ? 'NUMBER' : 'TEXT',
      ]);
    }
  }

  /** Cursors and tokens of any tenant: they may fail, but show nothing of another tenant. */
  async #withWhatOthersLeft(): Promise<void> {
    const text = this.#found[this.#next(Math.max(1, this.#found.length))];
    if (text === undefined) return;
    const { data } = await this.#ask(
      `query ($cursor: String, $after: ConsistencyToken) {
        page: entities(after: $cursor) { edges { node { id } } }
        list: entities(first: 100, freshness: { class: REALTIME, after: $after }) { totalCount }
      }`,
      { cursor: text, after: text },
    );
    const { page, list } = (data ?? {}) as {
      page?: { edges: { node: { id: string } }[] };
      list?: { totalCount: number };
    };
    for (const { node } of page?.edges ?? []) expect(this.#entities.has(node.id)).toBe(true);
    if (list != null) expect(list.totalCount).toBe(this.#entities.size);
  }

  async #writeWrongly(): Promise<void> {
    const key = this.#key();
    const wrong = isNumber(this.tenant, key) ? { key, text: 'x' } : { key, number: 1 };
    const other = TENANTS[this.#next(TENANTS.length)] ?? 1;
    const write = 'mutation ($input: UpsertEntityInput!) { upsertEntity(input: $input) { status } }';
    const own = { key: `of_${other}_only`, text: `${markOf(this.tenant)}x` };
    for (const input of [
      { type: 'other', attributes: [own], expectedVersion: 99 },
      { type: 'thing', attributes: [wrong], expectedVersion: 0 },
      { type: 'thing', attributes: [own, { ...own, number: 1 }] },
    ]) {
      const { codes } = await this.#ask(write, { input: { id: this.#id(), ...input } });
      expect(codes).toHaveLength(1);
    }
  }
}

describe('tenants with the same ids and keys', () => {
  let stack: GraphQLStack;

  beforeAll(async () => {
    stack = await startGraphQLStack();
  });

  afterAll(() => stack?.stop());

  it(`each see what a model of their own says, in ${TENANTS.length * OPERATIONS_PER_TENANT} operations at once`, async () => {
    const found: string[] = [];
    const work = TENANTS.map(async (tenant) => {
      const own = new Tenant(tenant, stack, found);
      await own.begin();
      for (let step = 0; step < OPERATIONS_PER_TENANT; step++) await own.step();
    });
    await Promise.all(work);
  }, 120_000);
});
