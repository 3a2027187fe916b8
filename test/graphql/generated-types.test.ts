import { readFileSync } from 'node:fs';
import { generate } from '@graphql-codegen/cli';
import { expect, it } from 'vitest';
import config from '../../codegen.ts';

it('has resolver types as codegen makes them from the schema: npm run codegen', async () => {
  const files: { filename: string; content: string }[] = await generate({ ...config, silent: true }, false);
  expect(files.map(({ filename }) => filename)).toEqual(['src/generated/resolver-types.ts']);
  for (const { filename, content } of files) expect(readFileSync(filename, 'utf8')).toBe(content);
});
