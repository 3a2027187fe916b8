import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HomeLock } from '../../../src/embedded/home/home-lock.ts';
import { findHome, resetHome } from '../../../src/embedded/home/reset-home.ts';
import { newStackState, writeStackState } from '../../../src/embedded/home/stack-state.ts';
import { linkedDirectoryName } from '../../../src/embedded/postgres/postgres-place.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';

let directory: string;
let home: string;

beforeEach(() => {
  directory = realpathSync(temporaryDirectory('reset'));
  home = join(directory, '.atlas');
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = (...path: string[]): void => {
  const name = join(...path);
  mkdirSync(dirname(name), { recursive: true });
  writeFileSync(name, 'content');
};

/** Without a Postgres server. @param postgres where Postgres' data is. */
function makeHome(postgres = join(home, 'postgres')): void {
  mkdirSync(home, { recursive: true });
  writeStackState(home, newStackState());
  file(home, 'clickhouse', 'data', 'part');
  file(home, 'atlas.log');
  for (const shard of ['s0', 's1']) file(postgres, shard, 'primary', 'base', '1');
  file(postgres, 'binaries-18', 'bin', 'postgres');
}

async function reset(): Promise<{ removed: readonly string[]; kept: readonly string[] }> {
  return resetHome(findHome(home) ?? '', () => {});
}

describe('a home that is reset', () => {
  it('is empty', async () => {
    makeHome();
    const { removed, kept } = await reset();
    expect(readdirSync(home)).toEqual([]);
    expect(removed.map((path) => path.slice(home.length + 1))).toEqual([
      'clickhouse',
      'atlas.log',
      'postgres',
      'state.json',
    ]);
    expect(kept).toEqual([]);
  });

  it('keeps what Atlas has not made', async () => {
    makeHome();
    file(home, 'notes.txt');
    file(home, 'postgres', 'dumps', 'monday');
    const { kept } = await reset();
    expect(kept).toEqual([join(home, 'postgres', 'dumps'), join(home, 'notes.txt')]);
    expect(existsSync(join(home, 'postgres', 'dumps', 'monday'))).toBe(true);
    expect(readdirSync(home).sort()).toEqual(['notes.txt', 'postgres']);
  });

  it('takes along the directory in which its Postgres data is stored', async () => {
    const outside = join(directory, 'system', linkedDirectoryName(join(home, 'postgres')));
    makeHome(outside);
    symlinkSync(outside, join(home, 'postgres'));
    expect((await reset()).removed).toContain(outside);
    expect(existsSync(outside)).toBe(false);
    expect(readdirSync(home)).toEqual([]);
  });

  it('leaves alone the data of the home that it is a copy of', async () => {
    const outside = join(directory, 'system', linkedDirectoryName(join(directory, 'original', 'postgres')));
    makeHome(outside);
    symlinkSync(outside, join(home, 'postgres'));
    expect((await reset()).kept).toEqual([outside]);
    expect(existsSync(join(outside, 's0', 'primary', 'base', '1'))).toBe(true);
    expect(readdirSync(home)).toEqual([]);
  });

  it('is left as it is while a process uses it', async () => {
    makeHome();
    const lock = await HomeLock.acquire(home);
    const before = readdirSync(home);
    await expect(reset()).rejects.toThrow(`process ${process.pid}`);
    expect(readdirSync(home)).toEqual(before);
    lock.release();
  });

  it('may be one whose state file was lost, or whose first start failed', async () => {
    makeHome();
    rmSync(join(home, 'state.json'));
    await reset();
    expect(readdirSync(home)).toEqual([]);
    file(home, 'atlas.log');
    await reset();
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('a directory that is to be reset', () => {
  it('need not exist, or hold anything', () => {
    expect(findHome(home)).toBeNull();
    expect(existsSync(home)).toBe(false);
    mkdirSync(home);
    expect(findHome(home)).toBeNull();
  });

  it.each([
    ['other files', 'thesis.txt'],
    ['the state of something else', 'state.json'],
    ['folders of the same names', 'postgres/s0/readme'],
  ])('is refused if it holds %s', (_, name) => {
    file(home, name);
    expect(() => findHome(home)).toThrow(/not a home of Atlas. Nothing was removed.\n.*ATLAS_HOME/);
    expect(existsSync(join(home, name))).toBe(true);
  });

  it('is refused if it is a file', () => {
    file(home);
    expect(() => findHome(home)).toThrow('is not a directory');
  });
});
