import { readdirSync, readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { concatAST, parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildApp } from '../../src/server/build-app.ts';
import { appOptions } from '../support/http-app.ts';

const app = buildApp(appOptions(() => ({ status: 200, headers: new Map(), body: '' })));
const page = await app.inject('/');

describe('the start page', () => {
  it('needs nothing from the network', () => {
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).not.toMatch(/https?:\/\/|src=|@import|url\(/);
  });

  it('may run only its own script and style', () => {
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/script-src 'sha256-[^']+';/);
    expect(policy).not.toContain('unsafe');
    expect(page.body).not.toMatch(/\son[a-z]+="|\sstyle="/);
  });

  it('offers only operations that the schema accepts', () => {
    const folder = new URL('../../schema/', import.meta.url);
    const sources = readdirSync(folder).map((file) => parse(readFileSync(new URL(file, folder), 'utf8')));
    const schema = buildSubgraphSchema([{ typeDefs: concatAST(sources) }]);
    const operations = [...page.body.matchAll(/(?:query: |INTROSPECTION = )`([^`]+)`/g)].map(([, text = '']) => text);
    expect(operations.length).toBeGreaterThan(5);
    for (const operation of operations) expect(validate(schema, parse(operation)), operation).toEqual([]);
  });
});
