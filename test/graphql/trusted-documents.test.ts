import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/run-directory.ts';
import { type Answer, ask, send } from './support/ask.ts';
import { protocolHandler } from './support/protocol-handler.ts';

const QUERY = 'query Named($all: Boolean = false) { __typename shown: __typename @include(if: $all) }';
const OTHER = '{ other: __typename }';
const HASH = createHash('sha256').update(QUERY).digest('hex');

const folder = temporaryDirectory('documents');
afterAll(() => rmSync(folder, { recursive: true }));

const manifest = join(folder, 'manifest.json');
writeFileSync(manifest, JSON.stringify({ [HASH]: QUERY, short: OTHER }));

function serverIn(mode: 'off' | 'log' | 'only', environment: object = {}) {
  const logged: Record<string, unknown>[] = [];
  const outcomes: string[] = [];
  const handler = protocolHandler({
    environment: { ATLAS_TRUSTED_DOCUMENTS: manifest, ATLAS_TRUSTED_DOCUMENTS_MODE: mode, ...environment },
    logger: pino({ level: 'warn' }, { write: (line: string) => logged.push(JSON.parse(line)) }),
    onUntrusted: (outcome) => outcomes.push(outcome),
  });
  const post = (body: unknown, headers: object = {}) =>
    send(handler, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body, search: '' });
  const get = (given: Record<string, string>) =>
    send(handler, {
      method: 'GET',
      headers: { 'apollo-require-preflight': '1' },
      body: undefined,
      search: `?${new URLSearchParams(given)}`,
    });
  return { handler, post, get, logged, outcomes };
}

const persisted = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });
const shown = ({ status, data, codes, errors }: Answer) => ({ status, data, codes, message: errors[0]?.message });
const ran = (data: object) => ({ status: 200, data, codes: [], message: undefined });

describe.each(['off', 'log', 'only'] as const)('in mode %s, a document of the manifest', (mode) => {
  const { post, get, outcomes } = serverIn(mode);
  const variables = { all: true };
  const both = ran({ __typename: 'Query', shown: 'Query' });

  it('runs by its id, sent as Apollo does', async () => {
    expect(shown(await post({ extensions: persisted(HASH), variables, operationName: 'Named' }))).toEqual(both);
    const given = { extensions: JSON.stringify(persisted(HASH)), variables: JSON.stringify(variables) };
    expect(shown(await get(given))).toEqual(both);
  });

  it('runs by its id, sent as GraphQL over HTTP says', async () => {
    expect(shown(await post({ documentId: HASH, variables }))).toEqual(both);
    expect(shown(await post({ documentId: `sha256:${HASH}`, variables }))).toEqual(both);
    expect(shown(await get({ documentId: 'short' }))).toEqual(ran({ other: 'Query' }));
  });

  it('may be sent with its id, but not with that of another', async () => {
    expect(shown(await post({ documentId: 'short', query: OTHER }))).toEqual(ran({ other: 'Query' }));
    expect(shown(await post({ documentId: 'short', query: QUERY }))).toEqual({
      status: 400,
      data: null,
      codes: ['BAD_USER_INPUT'],
      message: 'The query is not the document of its id; send the id alone.',
    });
  });

  it('must exist', async () => {
    const unknown = { status: 400, data: null, codes: ['BAD_USER_INPUT'] };
    const message = 'Unknown document "gone"; expected an id of the manifest.';
    expect(shown(await post({ documentId: 'gone' }))).toEqual({ ...unknown, message });
    expect(shown(await get({ extensions: JSON.stringify(persisted('gone')) }))).toEqual({ ...unknown, message });
  });

  it('is not counted', () => {
    expect(outcomes).toEqual([]);
  });
});

describe('a request without a trusted document', () => {
  it('runs in mode off, without a trace', async () => {
    const { post, logged, outcomes } = serverIn('off');
    expect(shown(await post({ query: OTHER }))).toEqual(ran({ other: 'Query' }));
    expect([logged, outcomes]).toEqual([[], []]);
  });

  it('runs in mode log, is counted, and logged once for each document, without its text', async () => {
    const { post, logged, outcomes } = serverIn('log');
    const secret = '{ __type(name: "4111 1111") { name } }';
    for (const query of [OTHER, secret, secret]) expect((await post({ query })).status).toBe(200);
    expect(outcomes).toEqual(['run', 'run', 'run']);
    expect(logged).toHaveLength(2);
    expect(logged[1]).toMatchObject({
      msg: 'a document is not in the manifest',
      sha256: createHash('sha256').update(secret).digest('hex'),
      tenant: 1,
    });
    expect(JSON.stringify(logged)).not.toContain('4111 1111');
  });

  it('is refused in mode only, whatever it sends', async () => {
    const { post, get, outcomes } = serverIn('only');
    const refused = {
      status: 403,
      data: null,
      codes: ['FORBIDDEN'],
      message: 'The server runs trusted documents only; send the id of one instead of a query.',
    };
    // The text of a document counts as another one: clients send ids.
    for (const body of [{ query: QUERY }, { query: OTHER }, { query: OTHER, documentId: 'gone' }, {}, [], null, 'x']) {
      expect(shown(await post(body))).toEqual(refused);
    }
    expect(shown(await get({ query: OTHER }))).toEqual(refused);
    expect(shown(await get({ query: OTHER, extensions: 'nonsense' }))).toEqual(refused);
    expect(new Set(outcomes)).toEqual(new Set(['refused']));
  });
});

describe('a document that a client registers by its SHA-256', () => {
  const TEXT = 'query ($all: Boolean = false) { mine: __typename other: __typename @include(if: $all) }';
  const extensions = persisted(createHash('sha256').update(TEXT).digest('hex'));
  const unknown = { status: 200, data: null, codes: ['BAD_USER_INPUT'], message: 'PersistedQueryNotFound' };
  const json = { accept: 'application/json' };

  it.each(['off', 'log'] as const)('runs by it from then on, in mode %s, by POST and GET', async (mode) => {
    const { post, get } = serverIn(mode);
    expect(shown(await post({ extensions }, json))).toEqual(unknown);
    expect(shown(await post({ extensions, query: TEXT }))).toEqual(ran({ mine: 'Query' }));
    expect(shown(await post({ extensions, variables: { all: true } }))).toEqual(ran({ mine: 'Query', other: 'Query' }));
    expect(shown(await get({ extensions: JSON.stringify(extensions) }))).toEqual(ran({ mine: 'Query' }));
  });

  it('must have that SHA-256', async () => {
    const { post } = serverIn('off');
    expect(shown(await post({ extensions, query: OTHER }))).toMatchObject({
      status: 400,
      message: 'The query does not have the SHA-256 that it was sent with.',
    });
    expect(shown(await post({ extensions }, json))).toEqual(unknown);
  });

  it('is not found by another tenant', async () => {
    const { post } = serverIn('off', { ATLAS_TRUST_TENANT_HEADER: 'true' });
    await post({ extensions, query: TEXT }, { 'x-tenant-id': '1' });
    expect((await post({ extensions }, { 'x-tenant-id': '1' })).codes).toEqual([]);
    expect(shown(await post({ extensions }, { ...json, 'x-tenant-id': '2' }))).toEqual(unknown);
  });

  it('is forgotten when the total length of others would be too large', async () => {
    const { post } = serverIn('off', { ATLAS_PERSISTED_QUERIES_MAX_CHARACTERS: String(TEXT.length + 10) });
    await post({ extensions, query: TEXT });
    const other = '{ another: __typename }';
    await post({ extensions: persisted(createHash('sha256').update(other).digest('hex')), query: other });
    expect(shown(await post({ extensions }, json))).toEqual(unknown);
  });

  it('is refused, as clients understand it, if none may be registered', async () => {
    const { post } = serverIn('off', { ATLAS_PERSISTED_QUERIES_MAX_CHARACTERS: '0' });
    const unsupported = { ...unknown, message: 'PersistedQueryNotSupported' };
    expect(shown(await post({ extensions, query: TEXT }, json))).toEqual(unsupported);
  });
});

describe('the schema', () => {
  const hidden = protocolHandler({ environment: { ATLAS_INTROSPECTION: 'false' } });
  const FIELDS = ['{ __schema { queryType { name } } }', '{ __type(name: "Entity") { name } }', '{ _service { sdl } }'];

  it.each([...FIELDS, 'query { ...A } fragment A on Query { a: _service { b: sdl } }'])(
    'is not shown if introspection is off: %s',
    async (query) => {
      const { codes, data, errors } = await ask(hidden, query);
      expect([codes, data, errors[0]?.message]).toEqual([
        ['FORBIDDEN'],
        null,
        'The server does not show its schema (ATLAS_INTROSPECTION=false).',
      ]);
      if (FIELDS.includes(query)) expect((await ask(protocolHandler(), query)).codes).toEqual([]);
    },
  );

  it('is not suggested by errors then either, and __typename stays', async () => {
    const typo = '{ entity(id: 1) { versio } }';
    expect((await ask(hidden, typo)).errors[0]?.message).toBe('Cannot query field "versio" on type "Entity".');
    expect((await ask(protocolHandler(), typo)).errors[0]?.message).toContain('Did you mean');
    expect((await ask(hidden, '{ __typename }')).data).toEqual({ __typename: 'Query' });
  });

  it('is not shown to anonymous requests either', async () => {
    const handler = protocolHandler({ defaultTenant: null, environment: { ATLAS_INTROSPECTION: 'false' } });
    expect((await ask(handler, '{ _service { sdl } }')).codes).toEqual(['FORBIDDEN']);
  });
});
