import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'src/datasources/questions');
const suite = ['entity-reader', 'analytics', 'search']
  .map((name) => readFileSync(join(root, `test/datasources/${name}.conformance.ts`), 'utf8'))
  .join('');

/** The functions of the folder that return a Question. */
const questions = readdirSync(folder).flatMap((name) => {
  const code = readFileSync(join(folder, name), 'utf8');
  // Those that one engine alone can answer have tests of their own.
  if (code.includes('postgres: null,')) return [];
  return [...code.matchAll(/^export function (\w+)\([^)]*\): Question</gm)].map((match) => match[1] ?? '');
});

it('every question is put to every engine by the conformance suite', () => {
  expect(questions).toContain('entitiesById');
  expect(questions.filter((question) => !suite.includes(`answerTo(${question}(`))).toEqual([]);
});
