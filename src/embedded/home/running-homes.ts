import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isHeld } from './home-lock.ts';
import { readStackFile } from './stack-file.ts';

export interface RunningHome {
  readonly home: string;
  readonly http: string;
}

/** A directory of this account, with one file for each home that a stack runs on. It only serves hints: where it cannot be used, there are none. */
const directory = (): string => join(tmpdir(), `atlas-running-${process.getuid?.() ?? 0}`);

const entryOf = (home: string): string =>
  join(directory(), createHash('sha256').update(home).digest('hex').slice(0, 16));

/** Lets other programs of this account know that a stack runs on the home, which is published there. */
export function announceHome(home: string): void {
  quietly(() => {
    mkdirSync(directory(), { recursive: true, mode: 0o700 });
    if (isOwn()) writeFileSync(entryOf(home), home, { mode: 0o600 });
  });
}

export function withdrawHome(home: string): void {
  quietly(() => {
    if (!isOwn()) return;
    rmSync(entryOf(home), { force: true });
    rmdirSync(directory()); // Fails while there are others.
  });
}

/** The homes of the stacks that run under this account. */
export function runningHomes(): RunningHome[] {
  const found: RunningHome[] = [];
  quietly(() => {
    if (!isOwn()) return;
    for (const name of readdirSync(directory())) {
      const home = readFileSync(join(directory(), name), 'utf8');
      const stack = isHeld(home) ? readStackFile(home) : null;
      if (stack !== null) found.push({ home, http: stack.http });
    }
  });
  return found;
}

/** In a directory for everybody, another account may have made one of this name. */
function isOwn(): boolean {
  const found = lstatSync(directory(), { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === (process.getuid?.() ?? found.uid) && (found.mode & 0o022) === 0;
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {}
}
