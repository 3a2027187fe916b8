// Takes GraphiQL out of its package and compresses it into dist/explorer/, so that the server needs neither the package nor the network.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const folder = new URL('../dist/explorer/', import.meta.url);
const require = createRequire(import.meta.url);
const { name, version } = require('@graphql-yoga/render-graphiql/package.json');

// Written last, so that it stands for a complete folder.
const stamp = new URL('version.txt', folder);
const made = await readFile(stamp, 'utf8').catch(() => '');
if (made !== `${name} ${version}`) {
  const { js, css, editorWorkerService, jsonWorker, graphqlWorker } = await import(
    '@graphql-yoga/render-graphiql/graphiql'
  );
  const files = {
    'graphiql.js': js,
    'graphiql.css': css,
    'editor-worker.js': editorWorkerService,
    'json-worker.js': jsonWorker,
    'graphql-worker.js': graphqlWorker,
  };
  await mkdir(folder, { recursive: true });
  await Promise.all(
    Object.entries(files).map(async ([file, text]) =>
      writeFile(new URL(`${file}.gz`, folder), await promisify(gzip)(text, { level: 9 })),
    ),
  );
  await writeFile(
    new URL('LICENSE', folder),
    await readFile(require.resolve('@graphql-yoga/render-graphiql/package.json').replace('package.json', 'LICENSE')),
  );
  await writeFile(stamp, `${name} ${version}`);
}
