/**
 * Imports generated entities, with `atlas import`, into the shards in ATLAS_SHARDS or, if it is not set, into the running `atlas dev`. Run again, it
 * continues with the chunk that was interrupted: an import of what is there already changes nothing.
 * `npm run --silent build && npx tsx bench/generate.ts --help`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { positiveInteger } from './suite/options.ts';
import { type Chunk, chunkName, chunksOf } from './support/generated-chunks.ts';
import { COMMON, ENTITY_TYPE, ndjson, type Population, tailSize } from './support/generated-entities.ts';

interface Options extends Population {
  readonly chunk: number;
  readonly out: string;
  readonly promote?: true;
}

const ATLAS = fileURLToPath(new URL('../bin/atlas.cjs', import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const options = new Command('generate')
  .option('--entities <n>', 'entities of all tenants', positiveInteger, 10_000_000)
  .option('--tenants <n>', 'tenants, of very different sizes', positiveInteger, 50)
  .option('--attribute-types <n>', 'attributes that are defined, over all tenants', positiveInteger, 10_000)
  .option('--chunk <n>', 'entities of one import, at most', positiveInteger, 100_000)
  .option('--promote', 'store the attributes that are hot in columns of their own; needs a running serve')
  .requiredOption('--out <directory>', 'where files are written before they are imported, and what is done is noted')
  .parse()
  .opts<Options>();

/** @throws unless it exits with 0. */
async function atlas(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [ATLAS, ...args], { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`atlas ${args.join(' ')} ended with ${code}`);
}

async function importChunk(chunk: Chunk): Promise<void> {
  const { tenant, from, to } = chunk;
  const file = join(options.out, `${chunkName(chunk)}.ndjson`);
  await pipeline(Readable.from(ndjson(tenant, from, to, tailSize(options))), createWriteStream(file));
  await atlas('import', file, '--type', ENTITY_TYPE, '--id-column', 'id', '--tenant', String(tenant));
  rmSync(file);
  if (from > 1 || options.promote !== true) return;
  const hot = COMMON.filter((definition) => definition.hot === true);
  for (const { key } of hot) await atlas('catalog', 'promote', key, '--tenant', String(tenant), '--no-wait');
}

mkdirSync(options.out, { recursive: true });
const log = join(options.out, 'done');
const done = new Set(existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []);
const chunks = chunksOf(options, options.chunk);
for (const [index, chunk] of chunks.entries()) {
  if (done.has(chunkName(chunk))) continue;
  await importChunk(chunk);
  appendFileSync(log, `${chunkName(chunk)}\n`);
  say(`${index + 1} of ${chunks.length} chunks`);
}
say(`${options.entities.toLocaleString('en')} entities of ${options.tenants} tenants`);
