#!/usr/bin/env node
// CommonJS, so that these lines run before anything uses libuv's thread pool. Every query of the in-process ClickHouse engine
// occupies one of its threads, and file access must not wait for them.
process.env.UV_THREADPOOL_SIZE ??= '24';
// graphql checks much more in development, for each value of a request.
process.env.NODE_ENV ??= 'production';

const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

const cli = join(__dirname, '../dist/atlas/cli.js');
if (existsSync(cli)) {
  void import(pathToFileURL(cli).href);
} else {
  process.stderr.write('atlas is not built. Run "npm run build" first, or "npm start", which also builds.\n');
  process.exitCode = 1;
}
