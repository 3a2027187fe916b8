import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../graphql/support/graphql-stack.ts';

/** Texts that end, extend or confuse a statement, a pattern, a path or a log wherever they are taken for more than a text. */
const CORPUS = [
  "'",
  "''",
  '"',
  '""',
  '\\',
  "\\'",
  '`',
  '$$',
  '$1',
  '$1::int',
  ':name',
  '{p:String}',
  '{x}',
  '%',
  '_',
  '%s',
  '%00',
  '\\u0000',
  '\\x00',
  "' OR 1=1 --",
  "'; DROP TABLE atlas.entity; --",
  '1; SELECT pg_sleep(10)',
  "') UNION SELECT * FROM atlas.entity --",
  "' || pg_read_file('/etc/passwd') || '",
  "x' AND tenant_id = 2 --",
  'tenant_id',
  'atlas.entity',
  'a"; RESET ALL; --',
  "E'\\x27'",
  'U&"d\\0061t"',
  '/* */',
  '--',
  '#',
  ';',
  '{"$ne": null}',
  '[]',
  '{}',
  '{"a": {"b": [1]}}',
  'null',
  'true',
  '0',
  '-1',
  '1e309',
  'NaN',
  '0x10',
  '9223372036854775808',
  '../../etc/passwd',
  'file:///etc/passwd',
  '\n',
  '\r\nx-tenant-id: 2',
  '\t',
  '\u202e',
  '\u200b',
  '\ufeff',
  'ſ',
  'İ',
  '👩‍👩‍👧',
  'e\u0301',
  '(.*)+$',
  '(a+)+$',
  '[',
  '__proto__',
  'constructor',
  'toString',
  '#{7*7}',
  '{{7*7}}',
  '<script>alert(1)</script>',
  'FORMAT JSON',
  'SETTINGS max_memory_usage=0',
  "INTO OUTFILE '/tmp/x'",
  "url('http://localhost')",
  'a'.repeat(300),
  "'".repeat(300),
  '\\'.repeat(301),
];

describe('a hostile text', () => {
  let stack: GraphQLStack;
  const run = (query: string, variables: object) => ask(stack.handler, query, { variables });

  beforeAll(async () => {
    stack = await startGraphQLStack();
    await run(
      'mutation ($k: String!) { defineAttribute(input: { key: $k, type: TEXT, exposed: true }) { definition { key } } }',
      { k: 'note' },
    );
    await run('mutation { defineAttribute(input: { key: "doc", type: JSON }) { definition { key } } }', {});
  });

  afterAll(() => stack?.stop());

  it('is stored, found, ordered and grouped as what it is, if it is a value', async () => {
    const rows = CORPUS.map((text, n) => ({
      id: String(n + 1),
      type: 'thing',
      attributes: [
        { key: 'note', text },
        { key: 'doc', json: { [text]: [text] } },
      ],
    }));
    const written = await run(
      'mutation ($rows: [UpsertEntityInput!]!) { upsertEntities(input: $rows) { results { status error { message } } } }',
      { rows },
    );
    expect(
      new Set(
        (written.data as { upsertEntities: { results: { status: string }[] } }).upsertEntities.results.map(
          ({ status }) => status,
        ),
      ),
    ).toEqual(new Set(['CREATED']));
    for (const [index, text] of CORPUS.entries()) {
      const { data, errors } = await run(
        `query ($id: ID!, $text: String!, $json: JSON!) {
          entity(id: $id) { note json(key: "doc") }
          eq: entities(filter: { attributes: [{ key: "note", text: { eq: $text } }] }) { edges { node { id } } }
          starts: entities(filter: { attributes: [{ key: "note", text: { startsWith: $text } }] }) { totalCount }
          contains: entities(filter: { attributes: [{ key: "note", text: { contains: $text } }] }) { totalCount }
          doc: entities(filter: { attributes: [{ key: "doc", json: { eq: $json } }] }) { edges { node { id } } }
        }`,
        { id: String(index + 1), text, json: { [text]: [text] } },
      );
      expect([text, errors]).toEqual([text, []]);
      const same = CORPUS.flatMap((other, n) => (other === text ? [{ node: { id: String(n + 1) } }] : []));
      const count = (matches: (other: string) => boolean) => ({ totalCount: CORPUS.filter(matches).length });
      expect(data).toEqual({
        entity: { note: text, json: { [text]: [text] } },
        eq: { edges: same },
        starts: count((other) => other.startsWith(text)),
        contains: count((other) => other.includes(text)),
        doc: { edges: same },
      });
    }
    const grouped = await run(
      '{ analytics { distribution(attribute: "size", groupBy: "note", freshness: { class: REALTIME }) { groups { value } } } }',
      {},
    );
    expect(grouped.codes).toEqual(['ATTRIBUTE_UNKNOWN']);
  });

  it('is refused or means nothing everywhere else, and never reaches a statement', async () => {
    const query = `query ($t: String!, $token: ConsistencyToken, $id: ID!, $ids: [ID!], $any: [_Any!]!) {
      a: entities(type: $t) { totalCount }
      b: entities(filter: { attributes: [{ key: $t, text: { eq: "x" } }] }) { totalCount }
      c: entities(orderBy: [{ attribute: $t, direction: ASC }]) { totalCount }
      d: entities(after: $t) { totalCount }
      e: entity(id: $id) { id }
      f: entities(filter: { ids: $ids }) { totalCount }
      g: _entities(representations: $any) { __typename }
      h: attributeDefinition(key: $t) { key }
      i: attributeDefinitions(filter: { keyStartsWith: $t }, after: $t) { totalCount }
      j: analytics { distribution(attribute: $t, groupBy: [$t], type: $t, freshness: { class: REALTIME }) { groups { value } } }
      k: entities(freshness: { after: $token }) { totalCount }
      l: search(text: $t) { edges { rank } }
      m: search(text: "x", type: $t, keys: [$t], after: $t) { edges { rank } }
    }`;
    const mutation = `mutation ($t: String!, $id: ID!) {
      a: upsertEntity(input: { type: $t, attributes: [] }) { status }
      b: upsertEntity(input: { id: $id, type: "thing", attributes: [{ key: $t, text: "x" }] }) { status }
      c: deleteEntity(id: $id) { deleted }
      d: defineAttribute(input: { key: $t, type: TEXT, rules: { pattern: $t } }) { definition { key } }
    }`;
    const allowed = new Set([
      'BAD_USER_INPUT',
      'BAD_FRESHNESS',
      'ATTRIBUTE_UNKNOWN',
      'ATTRIBUTE_INVALID',
      'ATTRIBUTE_TYPE_MISMATCH',
      'LIMIT_EXCEEDED',
    ]);
    for (const text of CORPUS) {
      for (const document of [query, mutation]) {
        const { codes } = await run(document, {
          t: text,
          token: text,
          id: text,
          ids: [text],
          any: [{ __typename: text, id: text }],
        });
        expect([text, codes.filter((code) => !allowed.has(String(code)))]).toEqual([text, []]);
      }
      for (const name of [
        'x-freshness-requirement',
        'x-max-acceptable-lag-ms',
        'x-fallback-strategy',
        'x-consistency-token',
        'x-tenant-id',
      ]) {
        const { codes } = await ask(stack.handler, '{ entity(id: 1) { id } }', { headers: { [name]: text } });
        expect(['TENANT_REQUIRED', 'BAD_FRESHNESS', undefined]).toContain(codes[0]);
      }
    }
    const sent = stack.statements.map((statement) => statement.text).join('\n');
    for (const text of CORPUS.filter((one) => one.length > 12)) expect(sent).not.toContain(text);
  });
});
