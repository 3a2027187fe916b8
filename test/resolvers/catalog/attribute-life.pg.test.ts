import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask } from '../../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../../graphql/support/graphql-stack.ts';
import { AMPLE_QUOTA } from '../../support/catalog-quota.ts';

const ROLES = 'read write define analytics audit';
const DEFINITION = `key type description entityTypes filterable exposed fieldName hot version retiredAt
  rules { enum min max maxLength } access { read write }`;

let stack: GraphQLStack;
beforeAll(async () => {
  stack = await startGraphQLStack();
});
afterAll(() => stack?.stop());

const as = (roles: string, query: string, tenant = 1): Promise<Answer> =>
  ask(stack.handler, query, { headers: { 'x-tenant-id': String(tenant), 'x-atlas-roles': roles } });
/** The data of a request that must succeed. */
async function done(query: string, tenant = 1, roles = ROLES): Promise<Record<string, never>> {
  const { data, errors } = await as(roles, query, tenant);
  expect({ query, errors }).toEqual({ query, errors: [] });
  return data as Record<string, never>;
}
const update = (input: string) => `mutation { updateAttribute(input: { ${input} }) { definition { ${DEFINITION} } } }`;
const retire = (key: string) => `mutation { retireAttribute(key: "${key}") { definition { ${DEFINITION} } } }`;
const restore = (key: string) => `mutation { restoreAttribute(key: "${key}") { definition { ${DEFINITION} } } }`;
const define = (input: string) =>
  `mutation { defineAttribute(input: { ${input} }) { definition { version } differences { property defined requested } } }`;
const put = (id: string, attributes: string) =>
  `mutation { upsertEntity(input: { id: "${id}", type: "user", attributes: [${attributes}] }) { status } }`;

describe('updateAttribute', () => {
  it('changes what is given, sets defaults for null, and leaves the rest', async () => {
    await done(
      define('key: "grade", type: NUMBER, description: "Grade", entityTypes: ["user"], rules: { min: 1, max: 6 }'),
    );
    await done(put('1', '{ key: "grade", number: 3 }'));
    expect(await done(update('key: "grade", exposed: true, access: { write: ["write"] }'))).toMatchObject({
      updateAttribute: {
        definition: {
          description: 'Grade',
          entityTypes: ['user'],
          exposed: true,
          fieldName: 'grade',
          rules: { min: 1, max: 6 },
          access: { read: null, write: ['write'] },
          version: 2,
        },
      },
    });
    expect(await done('{ entity(id: 1) { grade } }')).toEqual({ entity: { grade: 3 } });
    expect(
      await done(
        update('key: "grade", description: null, entityTypes: null, exposed: null, rules: null, access: null'),
      ),
    ).toMatchObject({
      updateAttribute: {
        definition: {
          description: null,
          entityTypes: [],
          exposed: false,
          fieldName: null,
          rules: { min: null, max: null },
          access: { read: null, write: null },
          version: 3,
        },
      },
    });
    expect((await as(ROLES, '{ entity(id: 1) { grade } }')).codes).toEqual(['BAD_USER_INPUT']);
  });

  it('leaves the version and the token of a definition that it does not change', async () => {
    await done(define('key: "same", type: TEXT, description: "x"'));
    const again =
      'mutation { updateAttribute(input: { key: "same", description: "x" }) { definition { version updatedAt } } }';
    const [first, second] = [await done(again), await done(again)];
    expect(first).toMatchObject({ updateAttribute: { definition: { version: 1 } } });
    expect(second).toEqual(first);
  });

  it('keeps stored values under stricter rules, and checks the next write', async () => {
    await done(define('key: "size", type: NUMBER'));
    await done(put('2', '{ key: "size", number: 100 }'));
    await done(update('key: "size", rules: { max: 10 }'));
    expect(await done('{ entity(id: 2) { number(key: "size") } }')).toEqual({ entity: { number: 100 } });
    const { errors } = await as(ROLES, put('2', '{ key: "size", number: 11 }'));
    expect(errors).toMatchObject([{ extensions: { code: 'ATTRIBUTE_INVALID' } }]);
  });

  it('refuses a change that was made without seeing the one before', async () => {
    await done(define('key: "owner", type: TEXT'));
    const set = (text: string) => update(`key: "owner", description: "${text}", expectedVersion: 1`);
    const answers = await Promise.all([as(ROLES, set('one')), as(ROLES, set('two'))]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual(['VERSION_CONFLICT']);
    const [error] = answers.flatMap(({ errors }) => errors);
    expect(error).toMatchObject({ extensions: { version: 2 } });
    expect(await done('{ attributeDefinition(key: "owner") { version } }')).toMatchObject({
      attributeDefinition: { version: 2 },
    });
  });

  it.each([
    ['a key that is not defined', 'key: "nothing", exposed: true', 'ATTRIBUTE_UNKNOWN'],
    ['a rule for another type', 'key: "code", rules: { min: 1 }', 'ATTRIBUTE_INVALID'],
    ['a description that is too long', `key: "code", description: "${'x'.repeat(2_001)}"`, 'ATTRIBUTE_INVALID'],
    ['an entity type that is none', 'key: "code", entityTypes: ["no type"]', 'BAD_USER_INPUT'],
    ['a field name that every entity has', 'key: "created_at", exposed: true', 'ATTRIBUTE_INVALID'],
    ['a field name that is taken', 'key: "is__taken", exposed: true', 'ATTRIBUTE_INVALID'],
    ['access that hides it from the caller', 'key: "code", access: { read: ["hr"] }', 'FORBIDDEN'],
  ])('refuses %s', async (_case, input, code) => {
    for (const key of ['code', 'created_at', 'is__taken']) await done(define(`key: "${key}", type: TEXT`));
    await done(define('key: "is_taken", type: TEXT, exposed: true'));
    expect((await as(ROLES, update(input))).codes).toEqual([code]);
  });

  it('needs the role define, and tells nothing of an attribute that the caller may not read', async () => {
    await done(define('key: "salary", type: NUMBER, access: { read: ["hr"] }'), 1, 'define hr');
    expect((await as('read write', update('key: "code", exposed: true'))).status).toBe(403);
    for (const query of [update('key: "salary", exposed: true'), retire('salary'), restore('salary')]) {
      const hidden = await as(ROLES, query);
      const absent = await as(ROLES, query.replaceAll('salary', 'tillar'));
      expect(hidden.codes).toEqual(['ATTRIBUTE_UNKNOWN']);
      expect(hidden.errors[0]?.message).toBe(absent.errors[0]?.message.replace('tillar', 'salary'));
    }
  });

  it('changes no other tenant', async () => {
    await done(define('key: "mine", type: TEXT'), 2);
    expect((await as(ROLES, update('key: "mine", exposed: true'), 3)).codes).toEqual(['ATTRIBUTE_UNKNOWN']);
  });
});

describe('retireAttribute and restoreAttribute', () => {
  it('hide an attribute with its values everywhere, and bring it back as it was', async () => {
    await done(define('key: "nick", type: TEXT, exposed: true, rules: { maxLength: 5 }'), 4);
    await done(put('40', '{ key: "nick", text: "Ada" }'), 4);
    const shown = '{ entity(id: 40) { nick text(key: "nick") attributes { key } version } }';
    const before = await done(shown, 4);
    const retired = await done(retire('nick'), 4);
    expect(retired).toMatchObject({ retireAttribute: { definition: { key: 'nick', version: 2 } } });
    expect(await done('{ entity(id: 40) { attributes { key } version } }', 4)).toEqual({
      entity: { attributes: [], version: 1 },
    });
    for (const [query, code] of [
      ['{ entity(id: 40) { nick } }', 'BAD_USER_INPUT'],
      ['{ entity(id: 40) { text(key: "nick") } }', 'ATTRIBUTE_UNKNOWN'],
      ['{ entities(filter: { attributes: [{ key: "nick", exists: true }] }) { totalCount } }', 'ATTRIBUTE_UNKNOWN'],
      [put('40', '{ key: "nick", text: "Bob" }'), 'ATTRIBUTE_UNKNOWN'],
      [update('key: "nick", description: "x"'), 'ATTRIBUTE_UNKNOWN'],
    ]) {
      expect([query, (await as(ROLES, query ?? '', 4)).codes]).toEqual([query, [code]]);
    }
    const listed = (retiredOnly: boolean) =>
      done(`{ attributeDefinitions(filter: { retired: ${retiredOnly} }) { edges { node { key } } } }`, 4);
    expect(await listed(false)).toMatchObject({ attributeDefinitions: { edges: [] } });
    expect(await listed(true)).toMatchObject({ attributeDefinitions: { edges: [{ node: { key: 'nick' } }] } });

    expect(await done(retire('nick'), 4)).toEqual(retired);
    expect(await done(restore('nick'), 4)).toMatchObject({
      restoreAttribute: { definition: { retiredAt: null, fieldName: 'nick', rules: { maxLength: 5 }, version: 3 } },
    });
    expect(await done(shown, 4)).toEqual(before);
  });

  it('keep the names of a retired attribute taken', async () => {
    await done(define('key: "full_name", type: TEXT, exposed: true'), 5);
    await done(retire('full_name'), 5);
    expect((await as(ROLES, define('key: "full__name", type: TEXT, exposed: true'), 5)).codes).toEqual([
      'ATTRIBUTE_INVALID',
    ]);
  });

  it('are refused for another version than the expected one', async () => {
    await done(define('key: "old", type: TEXT'), 6);
    const stale = 'mutation { retireAttribute(key: "old", expectedVersion: 7) { consistencyToken } }';
    expect((await as(ROLES, stale, 6)).codes).toEqual(['VERSION_CONFLICT']);
  });

  it('are in the audit like every change of a definition', async () => {
    await done(define('key: "traced", type: TEXT'), 7);
    await done(update('key: "traced", exposed: true'), 7);
    await done(retire('traced'), 7);
    await done(restore('traced'), 7);
    const log = await done('{ auditLog { edges { node { operation attribute } } } }', 7);
    expect(log.auditLog).toEqual({
      edges: ['RESTORE_ATTRIBUTE', 'RETIRE_ATTRIBUTE', 'UPDATE_ATTRIBUTE', 'DEFINE_ATTRIBUTE'].map((operation) => ({
        node: { operation, attribute: 'traced' },
      })),
    });
  });
});

describe('deleteAttribute', () => {
  it('begins to delete a retired attribute, which cannot come back then', async () => {
    const remove = 'mutation { deleteAttribute(key: "temp") { definition { isBeingDeleted version } } }';
    await done(define('key: "temp", type: TEXT'), 9);
    expect((await as(ROLES, remove, 9)).errors).toMatchObject([
      {
        message: 'Attribute "temp" is in use; retire it before it is deleted.',
        extensions: { code: 'ATTRIBUTE_INVALID' },
      },
    ]);
    await done(retire('temp'), 9);
    const begun = { deleteAttribute: { definition: { isBeingDeleted: true, version: 3 } } };
    expect(await done(remove, 9)).toEqual(begun);
    expect(await done(remove, 9)).toEqual(begun);
    expect((await as(ROLES, restore('temp'), 9)).codes).toEqual(['ATTRIBUTE_INVALID']);
    expect(await done('{ auditLog(first: 1) { edges { node { operation attribute } } } }', 9)).toEqual({
      auditLog: { edges: [{ node: { operation: 'DELETE_ATTRIBUTE', attribute: 'temp' } }] },
    });
  });
});

describe('catalogUsage', () => {
  const usage = async (tenant: number) =>
    (
      await done(
        '{ catalogUsage { definitions { used } exposed { used } ruleBytes { used } hotColumns { type used limit } } }',
        tenant,
      )
    ).catalogUsage;

  it('counts what is defined, retired ones and those on the way included, for callers that define', async () => {
    const columns = (text: number) => [
      { type: 'TEXT', used: text, limit: 4 },
      { type: 'NUMBER', used: 0, limit: 4 },
      { type: 'BOOLEAN', used: 0, limit: 2 },
      { type: 'TIMESTAMP', used: 0, limit: 2 },
    ];
    const none = { used: 0 };
    expect(await usage(10)).toEqual({ definitions: none, exposed: none, ruleBytes: none, hotColumns: columns(0) });
    await done(define('key: "one", type: TEXT, hot: true, exposed: true, rules: { maxLength: 5 }'), 10);
    await done(define('key: "two", type: TEXT'), 10);
    await done(update('key: "two", hot: true'), 10);
    await done(retire('one'), 10);
    expect(await usage(10)).toEqual({
      definitions: { used: 2 },
      exposed: { used: 1 },
      ruleBytes: { used: '{"maxLength":5}'.length },
      hotColumns: columns(2),
    });
    expect((await as('read write', '{ catalogUsage { definitions { limit } } }', 10)).status).toBe(403);
    expect(await done('{ catalogUsage { definitions { limit } } }', 10)).toEqual({
      catalogUsage: { definitions: { limit: AMPLE_QUOTA.maxDefinitions } },
    });
  });
});

describe('defineAttribute on a key that exists', () => {
  it('says what differs from the input, and changes nothing', async () => {
    await done(define('key: "color", type: TEXT, description: "Paint", rules: { maxLength: 9 }'), 8);
    expect(await done(define('key: "color", type: TEXT, description: "Paint", rules: { maxLength: 9 }'), 8)).toEqual({
      defineAttribute: { definition: { version: 1 }, differences: [] },
    });
    expect(await done(define('key: "color", type: TEXT, exposed: true, rules: { enum: ["red"] }'), 8)).toEqual({
      defineAttribute: {
        definition: { version: 1 },
        differences: [
          { property: 'DESCRIPTION', defined: 'Paint', requested: null },
          { property: 'EXPOSED', defined: false, requested: true },
          { property: 'RULES', defined: { maxLength: 9 }, requested: { enum: ['red'] } },
        ],
      },
    });
    await done(retire('color'), 8);
    const retired = await done(define('key: "color", type: TEXT, description: "Paint", rules: { maxLength: 9 }'), 8);
    expect(retired).toMatchObject({
      defineAttribute: { differences: [{ property: 'RETIRED', defined: true, requested: false }] },
    });
  });
});
