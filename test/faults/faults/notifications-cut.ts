import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '../stack/sql.ts';
import { defineLate } from '../writers/define-attributes.ts';
import type { Fault } from './fault.ts';

const END_LISTENERS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query ILIKE 'LISTEN%'`;
const EVERY_MS = 100;

/** The processes are not told of new attributes; meanwhile one is defined through one of them, and written. */
export const notificationsCut: Fault = {
  name: 'notifications cut',
  weight: 2,
  mixes: false,
  targets: () => ['catalog'],
  async inject(_target, { stack, world, client, holdMs }) {
    const [home] = stack.shards;
    const [url = ''] = stack.urls;
    if (home === undefined) return;
    const end = performance.now() + holdMs;
    let defined = false;
    while (performance.now() < end || !defined) {
      await sql(home.primary, END_LISTENERS);
      if (!defined) {
        for (const tenant of world.tenants) await defineLate(world, client, url, tenant);
        defined = true;
      }
      await sleep(EVERY_MS);
    }
  },
};
