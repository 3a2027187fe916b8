import { relative, sep } from 'node:path';
import { asStackError } from '../../embedded/as-stack-error.ts';
import { findHome, resetHome } from '../../embedded/home/reset-home.ts';
import { confirm } from './confirm.ts';
import { shownPath } from './shown-path.ts';
import type { Terminal } from './terminal.ts';

/**
 * Removes the data of a home, and says what it has removed. On a terminal, it asks before.
 * @returns false if the answer was no.
 * @throws StackError
 */
export async function resetBeforeStart(path: string, terminal: Terminal, asks: boolean): Promise<boolean> {
  try {
    const home = findHome(path);
    if (home === null) {
      terminal.say(`There is no data in ${shownPath(path)}/ to remove.`);
      return true;
    }
    if (asks && !(await confirm(`Remove all data in ${shownPath(home)}/?`))) {
      terminal.say('Nothing was removed.');
      return false;
    }
    const { removed, kept } = await resetHome(home, (message) => terminal.say(message));
    const names = removed.map((entry) => (entry.startsWith(home + sep) ? relative(home, entry) : entry));
    terminal.say(`Removed all data in ${shownPath(home)}/: ${names.join(', ') || 'there was none'}.`);
    for (const entry of kept) terminal.say(`Kept ${entry}, which Atlas has not made for this home.`);
    return true;
  } catch (error) {
    throw asStackError(error, path);
  }
}
