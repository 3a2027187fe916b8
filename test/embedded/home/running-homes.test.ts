import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HomeLock } from '../../../src/embedded/home/home-lock.ts';
import { announceHome, runningHomes, withdrawHome } from '../../../src/embedded/home/running-homes.ts';
import { writeStackFile } from '../../../src/embedded/home/stack-file.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';

let directory: string;
beforeEach(() => {
  directory = temporaryDirectory('running');
  vi.stubEnv('TMPDIR', join(directory, 'tmp'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

async function start(name: string): Promise<{ home: string; stop: () => void }> {
  const home = join(directory, name);
  mkdirSync(home, { recursive: true });
  const lock = await HomeLock.acquire(home);
  writeStackFile(home, { http: `http://localhost/${name}`, shards: [] });
  announceHome(home);
  return { home, stop: () => lock.release() };
}

it('are those whose process runs', async () => {
  const [a, b] = [await start('a'), await start('b')];
  expect(
    runningHomes()
      .map(({ http }) => http)
      .sort(),
  ).toEqual(['http://localhost/a', 'http://localhost/b']);
  a.stop(); // as if it was killed
  expect(runningHomes()).toEqual([{ home: b.home, http: 'http://localhost/b' }]);
});

it('leave nothing behind when they are withdrawn', async () => {
  const { home, stop } = await start('a');
  withdrawHome(home);
  stop();
  expect(runningHomes()).toEqual([]);
  expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
});

it('are not taken from a directory that others can write to', async () => {
  const { stop } = await start('a');
  const [own = ''] = readdirSync(join(directory, 'tmp'));
  chmodSync(join(directory, 'tmp', own), 0o777);
  expect(runningHomes()).toEqual([]);
  stop();
});

it('are unknown, and start all the same, where nothing can be written', async () => {
  vi.stubEnv('TMPDIR', '/dev/null');
  const { home, stop } = await start('a');
  expect(runningHomes()).toEqual([]);
  withdrawHome(home);
  stop();
  expect(existsSync(join(home, 'stack.json'))).toBe(true);
});
