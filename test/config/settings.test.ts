import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { SETTINGS } from '../../src/config/settings.ts';

const src = resolve(import.meta.dirname, '../../src');
const TABLE = join('config', 'settings.ts');

it('every setting is used', () => {
  const code = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== TABLE)
    .map((name) => readFileSync(join(src, name), 'utf8'))
    .join('\n');
  expect(Object.keys(SETTINGS).filter((name) => !new RegExp(`\\b${name}\\b`).test(code))).toEqual([]);
});
