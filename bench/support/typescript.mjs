// Runs TypeScript as the bundle does, without its types and otherwise as it is written: `node --import`. tsx also has each function that is made keep its name, by a
// call that took up to a sixth of the reads that are measured in the process itself.
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transform } from 'esbuild';

// Node runs the hooks of a module in a thread of their own.
if (isMainThread) register(import.meta.url);

/** A hook of Node: https://nodejs.org/docs/latest-v20.x/api/module.html#loadurl-context-nextload */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  const sourcefile = fileURLToPath(url);
  const { code } = await transform(await readFile(sourcefile, 'utf8'), { loader: 'ts', target: 'node20', sourcefile });
  return { format: 'module', source: code, shortCircuit: true };
}
