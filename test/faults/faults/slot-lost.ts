import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '../stack/sql.ts';
import { type Fault, shardIds, shardOf } from './fault.ts';

const SLOT = 'atlas_cdc';

/** Someone drops the replication slot of the change stream. */
export const slotDropped: Fault = {
  name: 'slot dropped',
  weight: 2,
  mixes: false,
  targets: shardIds,
  async inject(target, { stack, hold }) {
    const { primary } = shardOf(stack, target);
    await dropSlot(primary);
    await hold();
    await stack.resnapshot();
  },
};

/** Its reader uses it again as soon as it is disconnected, so both are tried until it is gone. */
async function dropSlot(primary: string): Promise<void> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const [dropped] = await sql<{ gone: boolean }>(
      primary,
      `DO $$ BEGIN
         PERFORM pg_terminate_backend(active_pid, 200) FROM pg_replication_slots
           WHERE slot_name = '${SLOT}' AND active_pid IS NOT NULL;
         PERFORM pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '${SLOT}' AND NOT active;
       EXCEPTION WHEN object_in_use OR undefined_object THEN NULL;
       END $$`,
    ).then(() =>
      sql<{ gone: boolean }>(
        primary,
        `SELECT count(*) = 0 AS gone FROM pg_replication_slots WHERE slot_name = '${SLOT}'`,
      ),
    );
    if (dropped?.gone === true) return;
  }
  throw new Error(`The slot ${SLOT} could not be dropped`);
}

/** The primary gives up on a slot whose reader cannot reach it. */
export const slotInvalidated: Fault = {
  name: 'slot invalidated',
  weight: 2,
  mixes: false,
  targets: (stack) => (stack.network === null ? [] : shardIds(stack)),
  async inject(target, { stack, hold }) {
    const { primary } = shardOf(stack, target);
    const server = `${target}-primary`;
    const readers = stack.network?.clientsOf(server).filter((name) => name.startsWith('replicate')) ?? [];
    for (const reader of readers) stack.network?.set(reader, server, 'cut');
    try {
      await sql(primary, `ALTER SYSTEM SET idle_replication_slot_timeout = '1s'`);
      await sql(primary, 'SELECT pg_reload_conf()');
      await invalidated(primary);
    } finally {
      await sql(primary, 'ALTER SYSTEM RESET idle_replication_slot_timeout');
      await sql(primary, 'SELECT pg_reload_conf()');
      for (const reader of readers) stack.network?.set(reader, server, 'open');
    }
    await hold();
    await stack.resnapshot();
  },
};

async function invalidated(primary: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    await sql(primary, 'CHECKPOINT');
    const rows = await sql(
      primary,
      `SELECT 1 FROM pg_replication_slots WHERE slot_name = '${SLOT}' AND invalidation_reason IS NULL`,
    );
    if (rows.length === 0) return;
    await sleep(200);
  }
  throw new Error(`The slot ${SLOT} was not invalidated`);
}
