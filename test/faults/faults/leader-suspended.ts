import { type Fault, partOf, shardIds } from './fault.ts';
import { leaderOf, leadership } from './leadership.ts';

const LONGEST_TAKEOVER_MS = 100_000;

/** SIGSTOP of the `replicate` that carries a shard's changes until the other one has taken over, and SIGCONT: it wakes up with a batch in its hands. */
export const leaderSuspended: Fault = {
  name: 'leader suspended',
  weight: 2,
  mixes: false,
  targets: (stack) => (stack.topology === 'deployed' ? shardIds(stack) : []),
  async inject(target, { stack, took, hold, complain }) {
    const leader = await leaderOf(stack, target);
    if (leader === null) return;
    const part = partOf(stack, leader);
    const led = await leadership(stack, leader);
    part.pause();
    try {
      const ms = await led.takenOver(LONGEST_TAKEOVER_MS);
      if (ms !== null) took('takeover after SIGSTOP', ms);
      else if (led.shards.length > 0) complain('health', `${leader} is suspended, and nobody takes over ${led.shards}`);
      await hold();
    } finally {
      part.resume();
    }
  },
};
