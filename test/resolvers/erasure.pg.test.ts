import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../graphql/support/ask.ts';
import { type GraphQLStack, startGraphQLStack } from '../graphql/support/graphql-stack.ts';
import { postgresQuery } from '../support/postgres-query.ts';

const ERASE =
  'mutation ($id: ID!) { eraseEntity(id: $id) { erasure { id entityId entities attributeRows completedAt remains } consistencyToken } }';
const UPSERT = `mutation { upsertEntity(input: { id: "7", type: "user", attributes: [{ key: "name", text: "Ada" }] }) { status } }`;
const ERASURES = '{ erasures(entityId: "7", first: 5) { entities subject completedAt } }';

let stack: GraphQLStack;
beforeAll(async () => {
  stack = await startGraphQLStack({ ATLAS_TRUST_TENANT_HEADER: 'true' });
});
afterAll(() => stack?.stop());

const as = (roles: string, query: string, tenant = 1, variables = {}) =>
  ask(stack.handler, query, { headers: { 'x-tenant-id': String(tenant), 'x-atlas-roles': roles }, variables });

describe('eraseEntity', () => {
  it('needs the role operate', async () => {
    expect(await as('read write define analytics', ERASE, 1, { id: '7' })).toMatchObject({
      status: 403,
      codes: ['FORBIDDEN'],
    });
    expect(await as('write', ERASURES)).toMatchObject({ status: 403, codes: ['FORBIDDEN'] });
  });

  it('removes the entity, says what it cannot reach, and can be repeated', async () => {
    await as('write read define', UPSERT);
    const first = await as('operate', ERASE, 1, { id: '7' });
    expect(first.errors).toEqual([]);
    expect(first.data).toMatchObject({
      eraseEntity: {
        erasure: { entityId: '7', entities: 1, attributeRows: 1, completedAt: expect.any(String) },
        consistencyToken: expect.any(String),
      },
    });
    expect(JSON.stringify(first.data)).toContain('Backups');
    expect(await as('read', '{ entity(id: 7) { id } }')).toMatchObject({ data: { entity: null } });
    expect(await as('operate', ERASE, 1, { id: '7' })).toMatchObject({
      data: { eraseEntity: { erasure: { entities: 0 } } },
    });
    expect(await as('operate', ERASURES)).toMatchObject({ data: { erasures: [{ entities: 0 }, { entities: 1 }] } });
  });

  it('reaches no other tenant', async () => {
    await as('write read define', UPSERT);
    expect(await as('operate', ERASE, 2, { id: '7' })).toMatchObject({
      data: { eraseEntity: { erasure: { entities: 0 } } },
    });
    expect(await as('operate', '{ erasures(entityId: "7") { entities } }', 3)).toMatchObject({
      data: { erasures: [] },
    });
    expect(await as('read', '{ entity(id: 7) { id } }')).toMatchObject({ data: { entity: { id: '7' } } });
  });

  it('refuses what is no id, and a page that is too large', async () => {
    expect(await as('operate', ERASE, 1, { id: 'x' })).toMatchObject({ codes: ['BAD_USER_INPUT'] });
    expect(await as('operate', '{ erasures(entityId: "7", first: 101) { id } }')).toMatchObject({
      codes: ['BAD_USER_INPUT'],
    });
  });

  it('leaves its mark in the audit, by the transaction that erases', async () => {
    const rows = await Promise.all(
      stack.endpoints.map(({ primary }) =>
        postgresQuery<{ operation: string }>(
          primary,
          'SELECT operation FROM atlas.audit WHERE entity_id = 7 AND tenant_id = 1 ORDER BY audit_id',
        ),
      ),
    );
    expect(rows.flat().map(({ operation }) => operation)).toEqual([
      'CREATE_ENTITY',
      'ERASE_ENTITY',
      'ERASE_ENTITY',
      'CREATE_ENTITY',
    ]);
  });
});
