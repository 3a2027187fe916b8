import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sourceStack } from '../../src/lib/source-stack.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

let folder: string;
beforeAll(async () => {
  folder = temporaryDirectory('source-stack');
  writeFileSync(
    join(folder, 'fails.ts'),
    'interface Removed {\n  x: 1;\n}\n\nexport function fails(): void {\n  missing();\n}\n',
  );
  writeFileSync(join(folder, 'main.ts'), "export { fails } from './fails.ts';\n");
  const common = { entryPoints: [join(folder, 'main.ts')], bundle: true, format: 'esm' as const };
  await build({ ...common, outfile: join(folder, 'mapped.js'), sourcemap: 'linked' });
  await build({ ...common, outfile: join(folder, 'bare.js') });
});
afterAll(() => rmSync(folder, { recursive: true }));

const trace = (place: string) =>
  `ReferenceError: missing is not defined\n    at fails (${place})\n    at node:internal/x:1:1`;

it('names the lines of the sources, if the bundle has a source map', () => {
  const { href } = pathToFileURL(join(folder, 'mapped.js'));
  expect(sourceStack(trace(`${href}:3:3`))).toBe(trace(`${join(folder, 'fails.ts')}:6:3`));
});

it.each(['bare.js', 'missing.js'])('leaves a trace through %s as it is', (file) => {
  const stack = trace(`${pathToFileURL(join(folder, file)).href}:3:3`);
  expect(sourceStack(stack)).toBe(stack);
});
