import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { processesIn } from './processes-in.ts';

/** What a run may leave in its directory for the next file of the same run. */
const SHARED = /^shared-/;

/** One directory per run, and a check at the end that every test has stopped and removed what it started. */
export default function setup(project: TestProject): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'atlas-test-'));
  chmodSync(directory, 0o711);
  project.provide('runDirectory', directory);
  return () => {
    const processes = processesIn(directory);
    for (const { pid } of processes) process.kill(pid, 'SIGKILL');
    const folders = existsSync(directory) ? readdirSync(directory).filter((name) => !SHARED.test(name)) : [];
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    const left = [...processes.map(({ pid, command }) => `process ${pid}: ${command}`), ...folders];
    if (left.length > 0) throw new Error(`The tests left something behind:\n${left.join('\n')}`);
  };
}
