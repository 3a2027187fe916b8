import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../graphql/support/graphql-stack.ts';

const FIELDS = `edges { cursor node { subject operation entityId attribute oldVersion newVersion } }
  pageInfo { hasNextPage hasPreviousPage endCursor } freshness { source }`;
const put = (id: string, name: string) =>
  `mutation { upsertEntity(input: { id: "${id}", type: "user", attributes: [{ key: "name", text: "${name}" }] }) { status } }`;

interface Page {
  readonly edges: readonly { readonly node: { readonly operation: string; readonly entityId: string | null } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

let stack: GraphQLStack;
beforeAll(async () => {
  stack = await startGraphQLStack({ ATLAS_TRUST_TENANT_HEADER: 'true' });
});
afterAll(() => stack?.stop());

const as = (roles: string, query: string, tenant = 1) =>
  ask(stack.handler, query, { headers: { 'x-tenant-id': String(tenant), 'x-atlas-roles': roles } });
const page = async (given: string, tenant = 1) => {
  const { data, errors } = await as('audit', `{ auditLog(${given}) { ${FIELDS} } }`, tenant);
  expect(errors).toEqual([]);
  return (data as { auditLog: Page }).auditLog;
};
const operations = ({ edges }: Page) => edges.map(({ node }) => node.operation);

describe('auditLog', () => {
  beforeAll(async () => {
    await as('write read define', put('1', 'Ada'));
    await as('write read define', put('2', 'Bob'));
    await as('write read define', put('1', 'Ann'));
    await as('write', 'mutation { deleteEntity(id: 1) { deleted } }');
    await as('write read define', put('3', 'of another tenant'), 2);
  });

  it('needs the role audit, which no other role contains', async () => {
    const query = '{ auditLog { pageInfo { hasNextPage } } }';
    expect(await as('read write define analytics operate', query)).toMatchObject({ status: 403, codes: ['FORBIDDEN'] });
  });

  it('shows who has written what, newest first, on all shards, to its own tenant', async () => {
    const { edges } = await page('first: 10');
    expect(edges.map(({ node }) => node)).toEqual([
      expect.objectContaining({ operation: 'DELETE_ENTITY', entityId: '1', oldVersion: 2, newVersion: null }),
      expect.objectContaining({ operation: 'UPDATE_ENTITY', entityId: '1', oldVersion: 1, newVersion: 2 }),
      expect.objectContaining({ operation: 'CREATE_ENTITY', entityId: '2', oldVersion: null, newVersion: 1 }),
      expect.objectContaining({ operation: 'CREATE_ENTITY', entityId: '1' }),
      expect.objectContaining({ operation: 'DEFINE_ATTRIBUTE', entityId: null, attribute: 'name' }),
    ]);
    expect(operations(await page('first: 10', 2))).toEqual(['CREATE_ENTITY', 'DEFINE_ATTRIBUTE']);
    expect(operations(await page('first: 10', 3))).toEqual([]);
  });

  it('is restricted to an entity, a subject and a time', async () => {
    expect(operations(await page('entityId: "2"'))).toEqual(['CREATE_ENTITY']);
    expect(operations(await page('subject: "nobody"'))).toEqual([]);
    expect(operations(await page('to: "2020-01-01T00:00:00Z"'))).toEqual([]);
    expect(operations(await page('from: "2020-01-01T00:00:00Z", first: 1'))).toEqual(['DELETE_ENTITY']);
  });

  it('is paged, and refuses the cursor of another tenant', async () => {
    const first = await page('first: 2');
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const rest = await page(`first: 10, after: "${first.pageInfo.endCursor}"`);
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect([...operations(first), ...operations(rest)]).toEqual(operations(await page('first: 10')));
    const foreign = `{ auditLog(after: "${first.pageInfo.endCursor}") { pageInfo { hasNextPage } } }`;
    expect(await as('audit', foreign, 2)).toMatchObject({ codes: ['BAD_USER_INPUT'] });
    expect(await as('audit', '{ auditLog(first: 100000) { pageInfo { hasNextPage } } }')).toMatchObject({
      codes: ['LIMIT_EXCEEDED'],
    });
  });
});
