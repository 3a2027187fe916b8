import { type Fault, partOf } from './fault.ts';
import { leadership } from './leadership.ts';

const LONGEST_TAKEOVER_MS = 100_000;

/** SIGSTOP of a `replicate` until the other one has taken over, and SIGCONT: it wakes up with a batch in its hands. */
export const leaderSuspended: Fault = {
  name: 'leader suspended',
  weight: 2,
  mixes: false,
  targets: ({ parts }) => parts.filter(({ kind }) => kind === 'replicate').map(({ name }) => name),
  async inject(target, { stack, took, hold, complain }) {
    const part = partOf(stack, target);
    const led = await leadership(stack, target);
    part.pause();
    try {
      const ms = await led.takenOver(LONGEST_TAKEOVER_MS);
      if (ms !== null) took('takeover after SIGSTOP', ms);
      else if (led.shards.length > 0) complain('health', `${target} is suspended, and nobody takes over ${led.shards}`);
      await hold();
    } finally {
      part.resume();
    }
  },
};
