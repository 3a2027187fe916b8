// Bundles the command line and the packages it needs into dist/atlas/, so that a process loads few files when it starts (ADR 25).
// What only some commands or settings need is in files of its own, loaded when it is needed.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licensesOf } from './licenses-of.mjs';

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
  legalComments: 'none',
  // What packages in CommonJS take for granted.
  banner: {
    js: `import { createRequire as requireOf } from 'node:module';
const require = requireOf(import.meta.url), { filename: __filename, dirname: __dirname } = import.meta;`,
  },
});

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
