import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HomeLock } from '../../../src/embedded/home/home-lock.ts';
import { writeStackFile } from '../../../src/embedded/home/stack-file.ts';
import { processStart } from '../../../src/embedded/process-identity.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';

describe('the lock on a home', () => {
  let home: string;
  beforeEach(() => {
    home = temporaryDirectory('home');
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const lockFile = () => join(home, 'lock');
  const isMine = () => JSON.parse(readFileSync(lockFile(), 'utf8')).pid === process.pid;

  it('is removed when it is released', async () => {
    (await HomeLock.acquire(home)).release();
    expect(existsSync(lockFile())).toBe(false);
  });

  it('is refused while its process runs, with the process id, the URL and a remedy', async () => {
    await HomeLock.acquire(home);
    writeStackFile(home, { http: 'http://localhost:4321', shards: [] });
    await expect(HomeLock.acquire(home)).rejects.toThrow(
      new RegExp(`process ${process.pid}, at http://localhost:4321\\.\\n.*kill ${process.pid}.*ATLAS_HOME`),
    );
  });

  it('says if the other stack is still starting', async () => {
    await HomeLock.acquire(home);
    await expect(HomeLock.acquire(home)).rejects.toThrow('still starting');
  });

  it.each([
    ['a process that has ended', { pid: 2 ** 22 + 1, startedAt: '1' }],
    ['another process with the same id', { pid: process.ppid, startedAt: 'long ago' }],
  ])('is taken over from %s', async (_, owner) => {
    writeFileSync(lockFile(), JSON.stringify(owner));
    await HomeLock.acquire(home);
    expect(isMine()).toBe(true);
    expect(readdirSync(home)).toEqual(['lock']);
  });

  it('is taken over if it is empty or damaged', async () => {
    writeFileSync(lockFile(), '');
    await HomeLock.acquire(home);
    expect(isMine()).toBe(true);
  });

  it('goes to exactly one of many processes that find it stale simultaneously', async () => {
    writeFileSync(lockFile(), JSON.stringify({ pid: process.ppid, startedAt: 'long ago' }));
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => HomeLock.acquire(home)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

describe('the start of a process', () => {
  it('is constant for a running process and null for one that is not running', () => {
    expect(processStart(process.pid)).toBe(processStart(process.pid));
    expect(processStart(process.pid)).not.toBeNull();
    expect(processStart(2 ** 22 + 1)).toBeNull();
  });
});
