import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { concatAST, parse, validate } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../../src/server/build-app.ts';
import { appOptions } from '../../support/http-app.ts';

beforeAll(() => {
  // Does nothing if `npm run build` has done it.
  execFileSync(process.execPath, ['scripts/build-explorer.mjs']);
}, 60_000);

const app = buildApp(appOptions(() => ({ status: 200, headers: new Map(), body: '' })));
const page = await app.inject('/explorer');

describe('the explorer', () => {
  it('loads nothing from another host', () => {
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).not.toMatch(/https?:\/\/|@import|url\(|(?:src|href)="\//);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self'");
  });

  it('runs only scripts of this server and its own', () => {
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toMatch(/script-src 'self' 'sha256-[^']+';/);
    expect(policy).toContain("worker-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.body).not.toMatch(/\son[a-z]+="|\sstyle="/);
  });

  it('has one address, because its paths are relative to it', async () => {
    const { statusCode, headers } = await app.inject('/explorer/');
    expect({ statusCode, location: headers.location }).toEqual({ statusCode: 308, location: '../explorer' });
  });

  it('has its files compressed, and once only', async () => {
    const url = '/explorer/graphql-worker.js';
    const first = await app.inject({ url, headers: { 'accept-encoding': 'gzip, br' } });
    expect(first.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'content-encoding': 'gzip',
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
    });
    const plain = await app.inject({ url });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(gunzipSync(first.rawPayload).equals(plain.rawPayload)).toBe(true);
    const again = await app.inject({ url, headers: { 'if-none-match': String(first.headers.etag) } });
    expect(again).toMatchObject({ statusCode: 304, body: '' });
  });

  it('has no other files', async () => {
    expect((await app.inject('/explorer/version.txt')).statusCode).toBe(404);
    expect((await app.inject('/explorer/..%2Fentrypoints%2Fcli.js')).statusCode).toBe(404);
  });

  it('offers only operations that the schema accepts', () => {
    const folder = new URL('../../../schema/', import.meta.url);
    const sources = readdirSync(folder).map((file) => parse(readFileSync(new URL(file, folder), 'utf8')));
    const schema = buildSubgraphSchema([{ typeDefs: concatAST(sources) }]);
    const operations = [...page.body.matchAll(/query: `([^`]+)`/g)].map(([, text = '']) => text);
    expect(operations.length).toBeGreaterThan(5);
    for (const operation of operations) expect(validate(schema, parse(operation)), operation).toEqual([]);
  });

  it('explains every reason that a read may have', () => {
    const sdl = readFileSync(new URL('../../../schema/freshness.graphql', import.meta.url), 'utf8');
    const reasons = /enum RouteReason \{([^}]+)\}/.exec(sdl)?.[1]?.match(/^\s+[A-Z_]+$/gm) ?? [];
    expect(reasons.length).toBeGreaterThan(5);
    for (const reason of reasons) expect(page.body).toContain(`${reason.trim()}: '`);
  });
});
