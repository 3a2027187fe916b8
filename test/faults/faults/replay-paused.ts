import { sqlOnceBack } from '../stack/sql.ts';
import { type Fault, shardIds, shardOf } from './fault.ts';

/** The replica receives changes, but does not apply them. */
export const replayPaused: Fault = {
  name: 'replay paused',
  weight: 4,
  mixes: true,
  targets: shardIds,
  async inject(target, { stack, hold }) {
    const { replica } = shardOf(stack, target);
    await sqlOnceBack(replica, 'SELECT pg_wal_replay_pause()');
    await hold();
    await sqlOnceBack(replica, 'SELECT pg_wal_replay_resume()');
  },
};
