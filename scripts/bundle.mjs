// Bundles the command line and the packages it needs into dist/atlas/, so that a process loads few files when it starts (ADR 25).
// What only some commands or settings need is in files of its own, loaded when it is needed.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licensesOf } from './licenses-of.mjs';

const shaped = new Set();
/**
 * The objects of a response, which graphql makes by `Object.create(null)`, keep a hash table each. With a constructor whose prototype has no prototype,
 * they have no members but their own, either, and V8 gives all that have the same fields one shape.
 */
const shapedResults = {
  name: 'shaped-results',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/graphql\/(execution\/execute|jsutils\/promiseForObject)\.js$/ }, async ({ path }) => {
      const [before, after, ...more] = (await readFile(path, 'utf8')).split(
        /(?<=const (?:results|resolvedObject) = )Object\.create\(null\)/,
      );
      if (after === undefined || more.length > 0) throw new Error(`${path} makes its results in another way`);
      shaped.add(path);
      return {
        contents: `function Result() {} Result.prototype = Object.create(null); ${before}new Result()${after}`,
      };
    }),
};

const root = new URL('../', import.meta.url);
const folder = new URL('dist/atlas/', root);
const { optionalDependencies } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));

const { outputFiles, metafile } = await build({
  absWorkingDir: fileURLToPath(root),
  entryPoints: ['src/entrypoints/cli.ts'],
  outdir: fileURLToPath(folder),
  write: false,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Without `module.require`, which bundled code does not have, this package hashes in JavaScript.
  alias: { '@apollo/utils.createhash': 'node:crypto' },
  // `pg` tries to load `pg-native`. The client of Kafka brings programs that are not JavaScript.
  external: [...Object.keys(optionalDependencies), 'pg-native', '@platformatic/kafka'],
  sourcemap: 'linked',
  sourcesContent: false,
  metafile: true,
  plugins: [shapedResults],
  legalComments: 'none',
  // What packages in CommonJS take for granted.
  banner: {
    js: `import { createRequire as requireOf } from 'node:module';
const require = requireOf(import.meta.url), { filename: __filename, dirname: __dirname } = import.meta;`,
  },
});

if (shaped.size !== 2)
  throw new Error(`graphql makes its results in other files than these: ${[...shaped].join(', ')}`);

const licenses = {
  path: fileURLToPath(new URL('THIRD-PARTY-LICENSES.txt', folder)),
  contents: await licensesOf(Object.keys(metafile.inputs), root),
};
const files = [...outputFiles, licenses];
await mkdir(folder, { recursive: true });
// A process that runs meanwhile never meets a file that is half there: what is the same stays, what is new takes its place at once.
for (const { path, contents } of files) {
  const known = await readFile(path).catch(() => null);
  if (known?.equals(contents) === true) continue;
  await writeFile(`${path}.partial`, contents);
  await rename(`${path}.partial`, path);
}
const made = new Set(files.map(({ path }) => basename(path)));
for (const name of await readdir(folder)) {
  if (!made.has(name)) await rm(new URL(name, folder), { recursive: true });
}
