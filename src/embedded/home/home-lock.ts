import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { processStart } from '../process-identity.ts';
import { StackError } from '../stack-error.ts';
import { readStackFile } from './stack-file.ts';

const ownerSchema = z.object({ pid: z.number().int(), startedAt: z.string() });
type Owner = z.infer<typeof ownerSchema>;

/** A lock file is created and written in two steps; it may be empty for this long. */
const FILL_DEADLINE_MS = 500;

/** Allows one running stack per home. The lock of a process that is no longer running is taken over. */
export class HomeLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws StackError if another process holds the lock. */
  static async acquire(home: string): Promise<HomeLock> {
    const path = join(home, 'lock');
    const owner: Owner = { pid: process.pid, startedAt: processStart(process.pid) ?? '' };
    for (;;) {
      try {
        writeFileSync(path, `${JSON.stringify(owner)}\n`, { flag: 'wx', mode: 0o644 });
        return new HomeLock(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const held = await readLock(path);
      if (held.owner !== null && processStart(held.owner.pid) === held.owner.startedAt) {
        throw alreadyRunning(home, held.owner.pid);
      }
      takeAway(path, held.text);
    }
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }
}

/** Whether a process that runs holds the lock on the home. */
export function isHeld(home: string): boolean {
  const owner = parseOwner(readIfThere(join(home, 'lock')));
  return owner !== null && processStart(owner.pid) === owner.startedAt;
}

async function readLock(path: string): Promise<{ owner: Owner | null; text: string }> {
  const deadline = performance.now() + FILL_DEADLINE_MS;
  for (;;) {
    const text = readIfThere(path);
    const owner = parseOwner(text);
    if (owner !== null || performance.now() > deadline) return { owner, text };
    await sleep(20);
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function parseOwner(text: string): Owner | null {
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Two processes may find the same stale lock; the slower one must not remove the new lock of the faster one. */
function takeAway(path: string, stale: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') === stale) rmSync(aside);
  else renameSync(aside, path);
}

function alreadyRunning(home: string, pid: number): StackError {
  const url = readStackFile(home)?.http;
  const where = url === undefined ? 'and is still starting' : `at ${url}`;
  return new StackError(
    `Atlas is already running on ${home} as process ${pid}, ${where}.`,
    `Use that instance, stop it ("kill ${pid}"), or start a second one on another ATLAS_HOME.`,
  );
}
