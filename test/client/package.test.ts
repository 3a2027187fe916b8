import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'packages/client');
const MAX_BYTES = 3_000;

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'atlas-client-'));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe.each([
  ['apollo', ['@apollo/client']],
  ['urql', ['@urql/core', 'wonka']],
  ['fetch', []],
] as const)('the entry %s', (entry, peers) => {
  it('is smaller than 3 kB, minified and compressed, and needs its peer only', async () => {
    const { outputFiles, metafile } = await build({
      entryPoints: [join(folder, `src/${entry}.ts`)],
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: 'esm',
      target: 'es2022',
      packages: 'external',
    });
    const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(imported.sort()).toEqual([...peers]);
    expect(gzipSync(outputFiles[0]?.contents ?? '').length).toBeLessThan(MAX_BYTES);
  });
});

describe('the package as it is published', () => {
  it('has entries with types that a strict project accepts and that Node.js loads', () => {
    const installed = join(place, 'node_modules/@atlas/client');
    mkdirSync(installed, { recursive: true });
    cpSync(join(folder, 'package.json'), join(installed, 'package.json'));
    const tsc = (...options: string[]) =>
      execFileSync(join(root, 'node_modules/.bin/tsc'), options, {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    tsc('-p', join(folder, 'tsconfig.build.json'), '--outDir', join(installed, 'dist'));
    for (const name of ['@apollo', '@urql', 'wonka', 'rxjs', 'graphql']) {
      symlinkSync(join(root, 'node_modules', name), join(place, 'node_modules', name));
    }
    writeFileSync(join(place, 'package.json'), '{ "type": "module" }');
    writeFileSync(
      join(place, 'use.ts'),
      `import { ApolloLink } from '@apollo/client';
       import { Client } from '@urql/core';
       import { AtlasLink } from '@atlas/client/apollo';
       import { scalars } from '@atlas/client/codegen';
       import { atlasFetch, ConsistencyTokens } from '@atlas/client/fetch';
       import { atlasExchange } from '@atlas/client/urql';
       const tokens = new ConsistencyTokens({ storage: localStorage });
       export const link: ApolloLink = new AtlasLink({ tokens, freshness: { class: 'INTERACTIVE' } });
       export const client = new Client({ url: '', exchanges: [atlasExchange({ tokens })], preferGetMethod: false });
       void client.query('{ q }', {}, { atlas: { freshness: { class: 'REALTIME' } } });
       const request = atlasFetch({ url: '/graphql', tokens });
       const document = { toString: () => '{ q }', __apiType: (_: { a: number }): { q: string } => ({ q: '' }) };
       export const q: Promise<string | undefined> = request(document, { a: 1 }).then(({ data }) => data?.q);
       // @ts-expect-error the document says what its variables are
       void request(document, { a: 'one' });
       // @ts-expect-error there is no such class
       void request(document, { a: 1 }, { freshness: { class: 'LIVE' } });
       export const bigInt: 'number | string' = scalars.BigInt;`,
    );
    const strict =
      '--ignoreConfig --strict --noEmit --exactOptionalPropertyTypes --target es2022 --module nodenext --types'.split(
        ' ',
      );
    tsc(
      ...strict,
      '',
      '--lib',
      'es2022,dom,dom.iterable', // Types of Apollo Client do not pass this check themselves.
      '--skipLibCheck',
      join(place, 'use.ts'),
    );
    const script = `Promise.all(['apollo','urql','fetch','codegen'].map((e) => import('@atlas/client/' + e))).then((all) => console.log(all.map((one) => Object.keys(one).join()).join(' ')))`;
    const exported = execFileSync(process.execPath, ['-e', script], { cwd: place, encoding: 'utf8' });
    expect(exported.trim().split(' ')).toEqual([
      'AtlasLink,ConsistencyTokens,servedFreshness',
      'ConsistencyTokens,atlasExchange,servedFreshness',
      'ConsistencyTokens,ResponseError,atlasFetch,servedFreshness',
      'clientPreset,scalars',
    ]);
  }, 30_000);

  it('names every entry in its exports, and lists every peer as optional', () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      exports: object;
      peerDependencies: Record<string, string>;
      peerDependenciesMeta: object;
      dependencies?: object;
    };
    expect(Object.keys(manifest.exports)).toEqual(['./apollo', './urql', './fetch', './codegen']);
    expect(Object.keys(manifest.peerDependenciesMeta)).toEqual(Object.keys(manifest.peerDependencies));
    expect(manifest.dependencies).toBeUndefined();
  });
});
