/** Takes a lock on a replication session and holds it: `lock-holder.ts <primary> <lease in ms>`. To be suspended. */
import { ReplicationSession } from '../../../../src/connections/postgres/replication-session.ts';

const [, , url = '', leaseMs = ''] = process.argv;
const session = await ReplicationSession.open({
  ...{ shard: 's0', url, applicationName: 'lock holder' },
  leaseMs: Number(leaseMs),
});
await session.query('SELECT pg_advisory_lock(1)');
process.stdout.write('locked\n');
setInterval(() => {
  if (!session.isLost) return;
  process.stdout.write('lost\n');
  process.exit();
}, 10);
