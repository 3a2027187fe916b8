import { expect, it } from 'vitest';
import { attribute, entity } from '../support/domain.ts';
import { readFreshness } from '../support/requirement.ts';
import { ask } from './support/ask.ts';
import { CatalogInMemory } from './support/catalog-in-memory.ts';
import { protocolHandler } from './support/protocol-handler.ts';

const salary = attribute({ id: 1, key: 'salary', exposed: true, access: { read: ['hr'] } });
const score = attribute({ id: 2, key: 'score', exposed: true });

function handlerWith(catalog: CatalogInMemory) {
  return protocolHandler({
    environment: { ATLAS_TRUST_TENANT_HEADER: 'true' },
    catalog,
    reads: {
      entitiesById: async () => ({
        data: [entity({ attributes: { 1: 4200, 2: 7 } })],
        reads: [readFreshness()],
      }),
    },
  });
}

const headers = (roles: string) => ({ 'x-tenant-id': '1', 'x-atlas-roles': roles });
const ATTRIBUTES = '{ entity(id: 1) { attributes { key } } }';

it('needs no database to leave a hidden attribute out', async () => {
  // The handler's catalog fails if it is refreshed.
  const handler = handlerWith(new CatalogInMemory([salary, score]));
  const { data, errors } = await ask(handler, ATTRIBUTES, { headers: headers('read') });
  expect([data, errors]).toEqual([{ entity: { attributes: [{ key: 'score' }] } }, []]);
});

it('follows a change of the definition at once, the schema included', async () => {
  const catalog = new CatalogInMemory([salary, score]);
  const handler = handlerWith(catalog);
  const typed = (roles: string) => ask(handler, '{ entity(id: 1) { salary score } }', { headers: headers(roles) });
  expect((await typed('read')).codes).toEqual(['BAD_USER_INPUT']);
  expect((await typed('read hr')).data).toEqual({ entity: { salary: 4200, score: 7 } });
  catalog.replace([{ ...salary, access: { read: ['board'] } }, score]);
  expect((await typed('read hr')).codes).toEqual(['BAD_USER_INPUT']);
  expect((await typed('read board')).data).toEqual({ entity: { salary: 4200, score: 7 } });
  catalog.replace([{ ...salary, access: {} }, score]);
  expect((await typed('read')).data).toEqual({ entity: { salary: 4200, score: 7 } });
});
