import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AtlasError } from '../../src/domain/errors.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

let folder: string;
beforeAll(() => {
  folder = temporaryDirectory('logger');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is logged of something that went wrong. */
function logged(err: unknown): unknown {
  const file = join(folder, 'log');
  rmSync(file, { force: true });
  createLogger('info', file).warn({ err }, 'failed');
  return (JSON.parse(readFileSync(file, 'utf8')) as { err?: unknown }).err;
}

const traceless = Object.assign(new Error('refused'), { stack: undefined });

it.each([
  ['a text', 'refused', 'refused'],
  ['nothing', null, null],
  ['an object', { code: 7 }, { code: 7 }],
  ['an error without a trace', traceless, { type: 'Error', message: 'refused' }],
  ['an error', new TypeError('refused'), { type: 'TypeError', stack: expect.stringContaining('logger.test.ts') }],
])('logs %s that is given as what went wrong', (_case, given, expected) => {
  if (typeof expected === 'object' && expected !== null) expect(logged(given)).toMatchObject(expected);
  else expect(logged(given)).toBe(expected);
});

it('describes an error of Atlas by its code and cause, without a trace', () => {
  const error = new AtlasError('TIMEOUT', 'Too late.', { cause: new Error('5 s') });
  expect(logged(error)).toEqual({ code: 'TIMEOUT', message: 'Too late.', cause: '5 s' });
});
