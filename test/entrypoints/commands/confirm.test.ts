import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { confirm } from '../../../src/entrypoints/commands/confirm.ts';

function answering(keys: string, isTTY = true): { answer: Promise<boolean>; asked: () => string } {
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => {} });
  const output = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 80 });
  let asked = '';
  output.on('data', (chunk: string) => {
    asked += chunk;
  });
  const answer = confirm('Remove it?', {
    input: input as unknown as NodeJS.ReadStream,
    output: output as unknown as NodeJS.WriteStream,
  });
  input.write(keys);
  return { answer, asked: () => asked };
}

it.each([
  ['y\r', true],
  ['Yes\r', true],
  ['\r', false],
  ['n\r', false],
  ['yesterday\r', false],
  ['\u0003', false],
  ['\u0004', false],
])('takes %j for %s', async (keys, expected) => {
  const { answer, asked } = answering(keys);
  expect(await answer).toBe(expected);
  expect(asked()).toContain('Remove it? [y/N]');
});

it('does not ask without a terminal', async () => {
  const { answer, asked } = answering('', false);
  expect(await answer).toBe(true);
  expect(asked()).toBe('');
});
