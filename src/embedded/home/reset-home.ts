import { existsSync, lstatSync, readdirSync, realpathSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { holdsPartOfCluster } from '../postgres/initialise-cluster.ts';
import { linkedDirectoryName } from '../postgres/postgres-place.ts';
import { stopLeftover } from '../postgres/postmaster.ts';
import { SHARD_IDS } from '../shard-ids.ts';
import { StackError } from '../stack-error.ts';
import { HomeLock } from './home-lock.ts';
import { readStackState } from './stack-state.ts';

/** What a home holds beside Postgres' data, in the order of its removal: whatever interrupts it, the next start works with what is left. */
const OWN_ENTRIES = ['clickhouse', 'sample-data', 'stack.json', 'stack.json.new', 'atlas.log'];
/** Removed last: they say that the directory is a home. */
const STATE_ENTRIES = ['state.json.new', 'state.json'];
const isLock = (name: string): boolean => /^lock(\.\d+)?$/.test(name);

export interface HomeReset {
  /** Absolute paths. */
  readonly removed: readonly string[];
  /** Absolute paths of what Atlas has not made, or may not be of this home. */
  readonly kept: readonly string[];
}

/**
 * The home at this path, if there is anything in it.
 * @returns its absolute path without symbolic links; null if it does not exist or is empty.
 * @throws StackError if it is something else than a home of Atlas.
 */
export function findHome(path: string): string | null {
  const wanted = resolve(path);
  if (!existsSync(wanted)) return null;
  const home = realpathSync(wanted);
  if (!statSync(home).isDirectory()) throw notAHome(home, 'is not a directory');
  const entries = readdirSync(home);
  if (entries.length === 0) return null;
  const isEarly = entries.every((name) => isLock(name) || name === 'atlas.log');
  const holdsShard = SHARD_IDS.some((id) => holdsPartOfCluster(join(home, 'postgres', id, 'primary')));
  if (isEarly || holdsShard || readStackState(home) !== null) return home;
  throw notAHome(home, 'has no state.json that Atlas has written');
}

/**
 * Removes all data of a home that no process uses, and stops Postgres servers that a killed Atlas left running on it. What Atlas has not
 * made stays.
 * @param home as returned by findHome.
 * @throws StackError if another process uses the home; nothing is removed then.
 */
export async function resetHome(home: string, notify: (message: string) => void): Promise<HomeReset> {
  const lock = await HomeLock.acquire(home);
  const reset = { removed: [] as string[], kept: [] as string[] };
  try {
    for (const name of OWN_ENTRIES) remove(join(home, name), reset);
    await removePostgres(join(home, 'postgres'), reset, notify);
    for (const name of STATE_ENTRIES) remove(join(home, name), reset);
    const others = readdirSync(home).filter((name) => !isLock(name) && name !== 'postgres');
    reset.kept.push(...others.map((name) => join(home, name)));
  } finally {
    lock.release();
  }
  return reset;
}

/** Of a link, only itself: where it leads, somebody else has chosen. */
function remove(path: string, { removed, kept }: { removed: string[]; kept: string[] }): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (there.isSymbolicLink() && existsSync(path)) kept.push(realpathSync(path));
  rmSync(path, { recursive: true });
  removed.push(path);
}

async function removePostgres(
  link: string,
  reset: { removed: string[]; kept: string[] },
  notify: (message: string) => void,
): Promise<void> {
  const there = lstatSync(link, { throwIfNoEntry: false });
  if (there === undefined) return;
  const isLink = there.isSymbolicLink();
  // A home that was copied links to the data of the one it was copied from.
  if (isLink && (!existsSync(link) || !realpathSync(link).endsWith(`/${linkedDirectoryName(link)}`))) {
    remove(link, reset);
    return;
  }
  const directory = realpathSync(link);
  for (const id of SHARD_IDS) {
    for (const role of ['replica', 'primary']) {
      const data = join(directory, id, role);
      if ((await stopLeftover(data)) === 'stopped')
        notify(`Stopped a Postgres server that was left running in ${data}.`);
    }
  }
  for (const name of readdirSync(directory)) {
    const isOwn = SHARD_IDS.some((id) => id === name) || name.startsWith('binaries-');
    if (isOwn) rmSync(join(directory, name), { recursive: true, maxRetries: 5 });
    else reset.kept.push(join(directory, name));
  }
  if (readdirSync(directory).length > 0) return;
  rmdirSync(directory);
  reset.removed.push(directory);
  if (isLink) rmSync(link);
}

function notAHome(path: string, why: string): StackError {
  return new StackError(
    `${path} ${why}, so it is not a home of Atlas. Nothing was removed.`,
    'Set ATLAS_HOME to the home whose data is to be removed.',
  );
}
