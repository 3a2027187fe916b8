import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ConfigError, loadSettings } from '../../src/config/config.ts';
import { trustedDocuments } from '../../src/config/trusted-documents.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const folder = temporaryDirectory('trusted-documents');
afterAll(() => rmSync(folder, { recursive: true }));

function load(manifest: unknown, mode = 'only') {
  const path = join(folder, 'manifest.json');
  writeFileSync(path, typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  return loaded({ ATLAS_TRUSTED_DOCUMENTS: path, ATLAS_TRUSTED_DOCUMENTS_MODE: mode });
}

function loaded(environment: Record<string, string>) {
  try {
    return trustedDocuments(loadSettings(environment));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

const apollo = (...operations: object[]) => ({ format: 'apollo-persisted-query-manifest', version: 1, operations });

it('reads the manifest of Apollo', () => {
  const operation = { id: 'a1', name: 'Q', type: 'query', body: 'query Q { __typename }' };
  expect(load(apollo(operation))).toEqual({
    mode: 'only',
    byId: new Map([['a1', 'query Q { __typename }']]),
    maxRegisteredCharacters: 0,
  });
});

it('reads the map that the client preset writes', () => {
  expect(load({ b2: '{ __typename }' }, 'log')).toEqual({
    mode: 'log',
    byId: new Map([['b2', '{ __typename }']]),
    maxRegisteredCharacters: 4_000_000,
  });
});

it('knows no documents if there is no manifest', () => {
  expect(loaded({})).toEqual({ mode: 'off', byId: new Map(), maxRegisteredCharacters: 4_000_000 });
});

it.each<[string, unknown, string]>([
  ['is not JSON', '{', 'the file is not valid JSON.'],
  ['is a list', [], 'the file is no manifest; expected'],
  ['has another version', { ...apollo(), version: 2 }, 'the file is no manifest; expected'],
  ['has a document that is no text', { a: 1 }, 'the file is no manifest; expected'],
  ['has a document that is not GraphQL', { a: '{' }, 'document "a" is not valid GraphQL: Syntax Error'],
  [
    'has an id twice',
    apollo({ id: 'a', body: '{ a }' }, { id: 'a', body: '{ b }' }),
    'two documents have the id "a"; expected unique ids.',
  ],
])('refuses a manifest that %s', (_case, manifest, message) => {
  expect(load(manifest)).toEqual([expect.stringContaining(message)]);
});

it('refuses a path that cannot be read, and a mode without a manifest', () => {
  expect(loaded({ ATLAS_TRUSTED_DOCUMENTS: join(folder, 'absent.json') })).toEqual([
    'ATLAS_TRUSTED_DOCUMENTS is not the path of a readable file (ENOENT).',
  ]);
  expect(loaded({ ATLAS_TRUSTED_DOCUMENTS_MODE: 'log' })).toEqual([
    'ATLAS_TRUSTED_DOCUMENTS is not set; ATLAS_TRUSTED_DOCUMENTS_MODE=log needs it.',
  ]);
});
