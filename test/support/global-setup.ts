import { existsSync, readdirSync, rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { processesIn } from './processes-in.ts';
import { makeRunDirectory, programDirectoryOf } from './run-directory.ts';

/** What a file may leave for the next file of the same run. */
const SHARED = /^shared-/;

/** One directory per run, and a check at the end that every test has stopped and removed what it started. */
export default function setup(project: TestProject): () => void {
  const directory = makeRunDirectory();
  project.provide('runDirectory', directory);
  return () => {
    const processes = processesIn(directory);
    for (const { pid } of processes) process.kill(pid, 'SIGKILL');
    const folders = existsSync(directory) ? readdirSync(directory).filter((name) => !SHARED.test(name)) : [];
    for (const path of [directory, programDirectoryOf(directory)]) {
      rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    }
    const left = [...processes.map(({ pid, command }) => `process ${pid}: ${command}`), ...folders];
    if (left.length === 0) return;
    process.exitCode = 1; // An error here alone would not fail the run.
    throw new Error(`The tests left something behind:\n${left.join('\n')}`);
  };
}
