import { describe, expect, it } from 'vitest';
import { MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { encodeToken, tokenScope } from '../../src/freshness/consistency-token.ts';
import { encodeCursor, queryFingerprint } from '../../src/paging/entity-cursor.ts';
import { signCursor } from '../../src/paging/signed-cursor.ts';
import { OTHER_KEY, SIGNING_KEY } from '../support/signing-key.ts';
import { ask } from './support/ask.ts';
import { protocolHandler } from './support/protocol-handler.ts';

/** Fails with INTERNAL as soon as anything is read. */
const handler = protocolHandler({
  atLeast: async (revision) => {
    if (revision > 0) throw new Error('the catalog was read');
  },
});

describe('a token that this installation did not sign', () => {
  // As far as a token can go: every read would wait for it, and every process would read the catalog.
  const furthest = { positions: new Map([['s0', 2n ** 64n - 1n]]), catalogRevision: 2 ** 48 - 1 };
  const forged = encodeToken(furthest, tokenScope(OTHER_KEY, ['s0']));

  it('is 400 BAD_FRESHNESS in the header, and nothing is read', async () => {
    const { status, codes } = await ask(handler, '{ entity(id: 1) { id } }', {
      headers: { 'x-consistency-token': forged },
    });
    expect([status, codes]).toEqual([400, ['BAD_FRESHNESS']]);
  });

  it.each([
    `{ entity(id: 1, freshness: { after: "${forged}" }) { id } }`,
    `{ entity(id: 1) @freshness(after: "${forged}") { id } }`,
    `query @freshness(after: "${forged}") { entity(id: 1) { id } }`,
    `{ attributeDefinition(key: "a", freshness: { after: "${forged}" }) { key } }`,
  ])('is BAD_FRESHNESS, and nothing is read: %s', async (query) => {
    expect((await ask(handler, query)).codes).toEqual(['BAD_FRESHNESS']);
  });
});

const refused = [['BAD_USER_INPUT'], expect.stringContaining('The cursor is malformed')];

describe('a cursor that this installation did not sign', () => {
  it('is BAD_USER_INPUT, and nothing is read', async () => {
    const fingerprint = queryFingerprint({ tenantId: 1, type: null, filter: MATCH_ALL }, []);
    const cursor = encodeCursor(fingerprint, { values: [], id: '1' }, OTHER_KEY);
    const { codes, errors } = await ask(handler, `{ entities(after: "${cursor}") { edges { cursor } } }`);
    expect([codes, errors[0]?.message]).toEqual(refused);
  });
});

describe('a cursor of definitions', () => {
  const query = (after: string) => `{ attributeDefinitions(first: 1, after: "${after}") { edges { cursor } } }`;
  const own = signCursor([1, 'a'], 'attributeDefinitions', SIGNING_KEY);

  it('is accepted from the tenant that received it', async () => {
    expect((await ask(handler, query(own))).errors).toEqual([]);
  });

  it.each([
    ['of another tenant', signCursor([2, 'a'], 'attributeDefinitions', SIGNING_KEY)],
    ['of another list', signCursor([1, 'a'], 'entities', SIGNING_KEY)],
    ['that was changed', `A${own.slice(1)}`],
    ['that was made before cursors were signed', 'a2V5OmE'],
  ])('is BAD_USER_INPUT: one %s', async (_case, cursor) => {
    const { codes, errors } = await ask(handler, query(cursor));
    expect([codes, errors[0]?.message]).toEqual(refused);
  });
});
