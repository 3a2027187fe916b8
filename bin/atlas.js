#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cli = new URL('../dist/entrypoints/cli.js', import.meta.url);
if (!existsSync(fileURLToPath(cli))) {
  process.stderr.write('atlas is not built yet: run "npm run build" first (or "npm start", which builds).\n');
  process.exit(1);
}
await import(cli.href);
