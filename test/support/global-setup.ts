import type { TestProject } from 'vitest/node';
import { openTestRun } from './test-run.ts';

/** Creates one directory per run, and checks at the end that every test has stopped and removed what it started. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const run = await openTestRun();
  project.provide('runDirectory', run.directory);
  return async () => {
    const left = await run.close();
    if (left.length === 0) return;
    process.exitCode = 1; // Throwing here would not fail the run.
    throw new Error(`The tests left something behind:\n${left.join('\n')}`);
  };
}
