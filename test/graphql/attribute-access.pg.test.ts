import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask } from './support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from './support/graphql-stack.ts';

const STAFF = 'read write analytics';
const HR = `${STAFF} hr`;
const PAYROLL = `${HR} payroll`;
const ARCHITECT = 'read write define';

let stack: GraphQLStack;

beforeAll(async () => {
  stack = await startGraphQLStack();
  const define = (input: string) =>
    as('define hr', `mutation { defineAttribute(input: { ${input} }) { definition { key access { read write } } } }`);
  const salary = await define(
    'key: "salary", type: NUMBER, exposed: true, hot: true, access: { read: ["hr"], write: ["payroll"] }',
  );
  expect(salary.data).toEqual({
    defineAttribute: { definition: { key: 'salary', access: { read: ['hr'], write: ['payroll'] } } },
  });
  expect((await define('key: "grade", type: TEXT, access: { write: ["hr"] }')).errors).toEqual([]);
  expect((await define('key: "city", type: TEXT')).errors).toEqual([]);
  expect((await define('key: "base_pay", type: NUMBER, exposed: true, access: { read: ["hr"] }')).errors).toEqual([]);
  const written = await as(
    PAYROLL,
    `mutation { upsertEntity(input: { id: 1, type: "person", attributes: [
      { key: "salary", number: 4200 }, { key: "grade", text: "A" }, { key: "city", text: "Bern" }
    ] }) { entity { salary version } } }`,
  );
  expect(written.data).toEqual({ upsertEntity: { entity: { salary: 4200, version: 1 } } });
});

afterAll(() => stack?.stop());

function as(roles: string, query: string): Promise<Answer> {
  return ask(stack.handler, query, { headers: { 'x-tenant-id': '1', 'x-atlas-roles': roles } });
}

const answerOf = ({ status, data, errors, codes }: Answer) => ({
  status,
  data,
  codes,
  messages: errors.map(({ message }) => message),
});

/** As many letters as the hidden key, and as far from all others. */
const UNDEFINED = 'tillar';

/** What `query` answers about the hidden key, and about a key that is not defined, in the same words. */
async function answersAbout(roles: string, query: string): Promise<readonly [unknown, unknown]> {
  const hidden = answerOf(await as(roles, query));
  const absent = answerOf(await as(roles, query.replaceAll('salary', UNDEFINED)));
  return [hidden, JSON.parse(JSON.stringify(absent).replaceAll(UNDEFINED, 'salary'))];
}

describe('an attribute that the caller may not read', () => {
  it.each([
    '{ entity(id: 1) { salary } }',
    '{ entity(id: 1) { number(key: "salary") } }',
    '{ entity(id: 1) { text(key: "salary") } }',
    '{ entity(id: 1) { attribute(key: "salary") { key } } }',
    '{ entity(id: 1) { attributes(keys: ["city", "salary"]) { key } } }',
    '{ entities(filter: { attributes: [{ key: "salary", number: { gt: 1 } }] }) { totalCount } }',
    '{ entities(filter: { not: { attributes: [{ key: "salary", exists: true }] } }) { totalCount } }',
    '{ entities(orderBy: [{ attribute: "salary", direction: ASC }]) { totalCount } }',
    '{ search(text: "bern", keys: ["city", "salary"]) { edges { rank } } }',
    '{ analytics { distribution(attribute: "salary") { groups { value } } } }',
    '{ analytics { count(groupBy: ["city", "salary"]) { groups { values } } } }',
    '{ analytics { topValues(attribute: "salary") { values { value } } } }',
    '{ analytics { statistics(attribute: "salary") { groups { max } } } }',
    '{ analytics { facets(attributes: ["city", "salary"]) { facets { distinct } } } }',
    '{ analytics { timeSeries(attribute: "salary", aggregate: SUM, interval: DAY) { groups { points { value } } } } }',
    '{ analytics { count(filter: { attributes: [{ key: "salary", number: { gt: 1 } }] }) { count } } }',
    '{ attributeDefinition(key: "salary") { type } }',
    '{ attributeDefinition(key: "salary", freshness: { class: REALTIME }) { type } }',
    '{ attributeDefinitions(filter: { keys: ["salary"] }) { totalCount edges { node { key } } } }',
    '{ __type(name: "Entity") { fields { name } } }',
    '{ _service { sdl } }',
    'mutation { upsertEntity(input: { id: 1, type: "person", attributes: [{ key: "salary", number: 1 }] }) { status } }',
    'mutation { upsertEntity(input: { id: 1, type: "person", attributes: [{ key: "salary", text: "much" }] }) { status } }',
    'mutation { upsertEntity(input: { id: 1, type: "person", attributes: [], removeAttributes: ["salary"] }) { status } }',
  ])('is like one that is not defined: %s', async (query) => {
    const [hidden, absent] = await answersAbout(STAFF, query);
    expect(hidden).toEqual(absent);
    const { errors, data } = await as(HR, query);
    // The same query shows or uses it for who may, so the comparison above compares something.
    expect(JSON.stringify([errors, data])).not.toBe(JSON.stringify([[], (hidden as { data: unknown }).data]));
  });

  it('is left out where all attributes are listed', async () => {
    const query = '{ entity(id: 1) { version attributes { key } } attributeDefinitions { edges { node { key } } } }';
    const keysOf = ({ data }: Answer) => {
      const { entity, attributeDefinitions } = data as {
        entity: { attributes: { key: string }[] };
        attributeDefinitions: { edges: { node: { key: string } }[] };
      };
      return [entity.attributes.map(({ key }) => key), attributeDefinitions.edges.map(({ node }) => node.key)];
    };
    const seen = await as(STAFF, query);
    expect(seen.errors).toEqual([]);
    expect(keysOf(seen)).toEqual([
      ['city', 'grade'],
      ['city', 'grade'],
    ]);
    expect(keysOf(await as(HR, query))).toEqual([
      ['city', 'grade', 'salary'],
      ['base_pay', 'city', 'grade', 'salary'],
    ]);
  });

  it('is not searched, and does not count for a rank', async () => {
    const secret = 'key: "medical", type: TEXT, access: { read: ["hr"] }';
    await as('define hr', `mutation { defineAttribute(input: { ${secret} }) { definition { key } } }`);
    const texts = '{ key: "medical", text: "Thun flu" }, { key: "city", text: "Thun" }';
    await as(PAYROLL, `mutation { upsertEntity(input: { id: 9, type: "person", attributes: [${texts}] }) { status } }`);
    const search = async (roles: string, text: string) =>
      (await as(roles, `{ search(text: "${text}") { edges { rank node { id } } } }`)).data;
    expect(await search(STAFF, 'flu')).toEqual({ search: { edges: [] } });
    expect(await search(STAFF, 'thun')).toEqual({ search: { edges: [{ rank: 1, node: { id: '9' } }] } });
    expect(await search(HR, 'flu')).toEqual({ search: { edges: [{ rank: 0.375, node: { id: '9' } }] } });
    expect(await search(HR, 'thun')).toEqual({ search: { edges: [{ rank: 1.5, node: { id: '9' } }] } });
    await as('write', 'mutation { deleteEntity(id: 9) { deleted } }');
    await as('define hr', 'mutation { retireAttribute(key: "medical") { definition { key } } }');
  });

  it('is not suggested for a similar key', async () => {
    const query = '{ entity(id: 1) { number(key: "salery") } }';
    expect((await as(STAFF, query)).errors[0]?.message).toBe(
      'Unknown attribute "salery"; attributeDefinitions lists all keys.',
    );
    expect((await as(HR, query)).errors[0]?.message).toBe('Unknown attribute "salery"; did you mean "salary"?');
  });

  it('stays hidden after the request has defined others', async () => {
    const { data, errors } = await as(
      ARCHITECT,
      `mutation {
        upsertEntity(input: { id: 2, type: "person", attributes: [{ key: "color", text: "red" }] }) { status }
        defineAttribute(input: { key: "size", type: TEXT }) { definition { key } }
        again: upsertEntity(input: { id: 1, type: "person", attributes: [{ key: "city", text: "Bern" }] }) {
          entity { attributes { key } number(key: "salary") }
        }
      }`,
    );
    expect(errors.map(({ message }) => message)).toEqual([
      'Unknown attribute "salary"; attributeDefinitions lists all keys.',
    ]);
    expect(data).toMatchObject({
      again: { entity: { attributes: [{ key: 'city' }, { key: 'grade' }], number: null } },
    });
  });

  it('keeps its value when others are written', async () => {
    const write =
      'mutation { upsertEntity(input: { id: 1, type: "person", attributes: [{ key: "city", text: "Basel" }] }) { status } }';
    expect((await as(STAFF, write)).data).toEqual({ upsertEntity: { status: 'UPDATED' } });
    expect((await as(HR, '{ entity(id: 1) { salary } }')).data).toEqual({ entity: { salary: 4200 } });
  });

  it('cannot be defined again, and errors do not tell its type', async () => {
    const refused = {
      codes: ['ATTRIBUTE_INVALID'],
      messages: ['Attribute "salary" cannot be defined; use another key.'],
    };
    for (const type of ['NUMBER', 'TEXT']) {
      const query = `mutation { defineAttribute(input: { key: "salary", type: ${type} }) { definition { type } } }`;
      expect(answerOf(await as(ARCHITECT, query))).toMatchObject(refused);
    }
    const write =
      'mutation { upsertEntity(input: { id: 1, type: "person", attributes: [{ key: "salary", number: 1 }] }) { status } }';
    expect(answerOf(await as(ARCHITECT, write))).toMatchObject(refused);
    const collision =
      'mutation { defineAttribute(input: { key: "base__pay", type: TEXT, exposed: true }) { definition { key } } }';
    expect(answerOf(await as(ARCHITECT, collision))).toMatchObject({
      codes: ['ATTRIBUTE_INVALID'],
      messages: ['Attribute "base__pay" cannot be exposed: the field basePay is taken.'],
    });
  });

  it('fails only its own row of a batch that defines others', async () => {
    const { data } = await as(
      ARCHITECT,
      `mutation { upsertEntities(input: [
        { id: 3, type: "person", attributes: [{ key: "salary", number: 1 }] }
        { id: 4, type: "person", attributes: [{ key: "hobby", text: "chess" }] }
      ]) { results { status error { code } } } }`,
    );
    expect(data).toEqual({
      upsertEntities: {
        results: [
          { status: 'FAILED', error: { code: 'ATTRIBUTE_INVALID' } },
          { status: 'CREATED', error: null },
        ],
      },
    });
  });
});

describe('an attribute that the caller may read and not write', () => {
  const write = (key: string, value: string) =>
    `mutation { upsertEntity(input: { id: 1, type: "person", attributes: [{ key: "${key}", ${value} }] }) { status } }`;

  it('is refused with the roles of which one is needed', async () => {
    for (const roles of [HR, `${HR} define`]) {
      const { codes, errors } = await as(roles, write('salary', 'number: 1'));
      expect([codes, errors[0]?.message]).toEqual([
        ['FORBIDDEN'],
        'Writing the attribute "salary" needs the role "payroll".',
      ]);
    }
    expect((await as(STAFF, write('grade', 'text: "B"'))).codes).toEqual(['FORBIDDEN']);
    const removed =
      'mutation { upsertEntity(input: { id: 1, type: "person", attributes: [], removeAttributes: ["grade"] }) { status } }';
    expect((await as(STAFF, removed)).codes).toEqual(['FORBIDDEN']);
    expect((await as(HR, '{ entity(id: 1) { salary text(key: "grade") } }')).data).toEqual({
      entity: { salary: 4200, text: 'A' },
    });
  });

  it('is written by who has the role', async () => {
    expect((await as(PAYROLL, write('salary', 'number: 4200'))).data).toEqual({
      upsertEntity: { status: 'UNCHANGED' },
    });
  });
});

describe('a definition with access rules', () => {
  const define = (access: string) =>
    as(
      'define hr',
      `mutation { defineAttribute(input: { key: "plan", type: TEXT, access: ${access} }) { definition { key } } }`,
    );

  it('must not be hidden from whoever defines it', async () => {
    for (const access of ['{ read: ["board"] }', '{ read: [] }']) {
      const { codes, errors } = await define(access);
      expect([codes, errors[0]?.message]).toEqual([
        ['FORBIDDEN'],
        'Attribute "plan" would be hidden from you; list one of your own roles in access.read.',
      ]);
    }
  });

  it('names roles that can be granted', async () => {
    for (const role of ['', 'two words', 'a,b', 'x'.repeat(101)]) {
      expect((await define(`{ read: ["hr"], write: [${JSON.stringify(role)}] }`)).codes).toEqual(['ATTRIBUTE_INVALID']);
    }
  });

  it('does not concern other tenants, nor their keys', async () => {
    const headers = { 'x-tenant-id': '2', 'x-atlas-roles': ARCHITECT };
    const { data } = await ask(
      stack.handler,
      'mutation { defineAttribute(input: { key: "salary", type: TEXT }) { definition { type access { read } } } }',
      { headers },
    );
    expect(data).toEqual({ defineAttribute: { definition: { type: 'TEXT', access: { read: null } } } });
  });
});
