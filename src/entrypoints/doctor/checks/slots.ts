import { setTimeout as delay } from 'node:timers/promises';
import { healthThresholds } from '../../../config/health-thresholds.ts';
import { type ProbedSlot, probePrimary } from '../../../datasources/monitoring/probe-primary.ts';
import { slotState } from '../../../datasources/monitoring/slot-health.ts';
import { catalogSlot } from '../../../domain/shard.ts';
import { CDC_SLOT } from '../../../replication/source/slot/replication-slot.ts';
import { type Finding, fail, ok, size, warn } from '../finding.ts';
import { type Check, type ExaminedServer, type Patient, primariesOf } from '../patient.ts';

const CATALOG_SLOTS = catalogSlot('');
const MOST_PROBES = 15;
const PROBE_PERIOD_MS = 500;

/** Whether every replication slot has its reader, and does not endanger the disk of its primary. */
export const slots: Check = {
  title: 'replication slots',
  async examine(patient) {
    return (await Promise.all(primariesOf(patient).map((server) => slotsOf(server, patient)))).flat();
  },
};

async function slotsOf({ name, database }: ExaminedServer, patient: Patient): Promise<Finding[]> {
  const needed = neededSlots(database.shard, patient);
  const text =
    'SELECT slot_name::text AS slot FROM pg_replication_slots WHERE database IS NULL OR database = current_database()';
  const present = await database.query<{ slot: string }>({ text, values: [] });
  const names = [...new Set([...needed.keys(), ...present.map(({ slot }) => slot)])];
  const probed = await probeOnceSubscribed(database, names);
  const thresholds = healthThresholds(patient.settings);
  return names.map((slot) => {
    const what = `The slot ${slot} on the ${name}`;
    const state = probed.get(slot) ?? null;
    const { walStatus, health } = slotState(slot, state, thresholds, 'DOWN');
    if (state === null) return fail(`${what} does not exist; ${needed.get(slot)?.ifMissing}.`);
    if (walStatus === 'lost')
      return fail(
        `${what} has lost WAL that its reader needs; ${needed.get(slot)?.ifLost ?? 'build the replica anew, and drop the slot'}.`,
      );
    const retained = `retains ${size(state.retainedBytes ?? 0)} of WAL`;
    if (!state.active) return unread(what, retained, needed.get(slot));
    if (health === 'HEALTHY') return ok(`${what} ${retained}.`);
    return warn(`${what} ${retained}${left(state)}; see why its reader is slow.`);
  });
}

/** Postgres starts a subscription's reader anew within 5 s (`wal_retrieve_retry_interval`), for example after its server has just started. */
async function probeOnceSubscribed(
  database: ExaminedServer['database'],
  names: readonly string[],
): Promise<ReadonlyMap<string, ProbedSlot | null>> {
  for (let attempt = 1; ; attempt++) {
    const probed = await probePrimary(database, names);
    const isBetweenReaders = names.some((slot) => slot.startsWith(CATALOG_SLOTS) && probed.get(slot)?.active === false);
    if (!isBetweenReaders || attempt === MOST_PROBES) return probed;
    await delay(PROBE_PERIOD_MS);
  }
}

interface Needed {
  readonly ifMissing: string;
  readonly ifLost: string;
  readonly ifUnread: string;
}

const READ_BY_REPLICATE: Needed = {
  ifMissing: 'start "atlas replicate", with --resnapshot if ClickHouse has a copy of the shard',
  ifLost: 'run "atlas replicate --resnapshot"',
  ifUnread: 'no "atlas replicate" streams this shard: start one, or read its log',
};
const READ_BY_CONNECTOR: Needed = {
  ifMissing: 'start the connector as "atlas kafka config" describes it',
  ifLost: 'stop the connector, drop the slot, start the connector again, then run "atlas replicate --resnapshot"',
  ifUnread: 'the connector does not run: see its status in Kafka Connect',
};

function neededSlots(
  shard: string,
  { clickhouse, stack, shardConfig, settings }: Patient,
): ReadonlyMap<string, Needed> {
  const needed = new Map<string, Needed>();
  if (clickhouse !== null || stack !== null) {
    needed.set(CDC_SLOT, settings.ATLAS_CAPTURE === 'kafka' ? READ_BY_CONNECTOR : READ_BY_REPLICATE);
  }
  const [home, ...others] = shardConfig?.shards ?? [];
  if (shard !== home?.id) return needed;
  for (const { id } of others) {
    const remedy = `run "atlas migrate", which subscribes shard ${id} to the catalog`;
    needed.set(catalogSlot(id), {
      ifMissing: remedy,
      ifLost: remedy,
      ifUnread: `shard ${id} does not receive the catalog: see whether its primary runs, and the subscription atlas_catalog there`,
    });
  }
  return needed;
}

/** A slot that Atlas does not read may be that of a replica that is down, or one that was left behind. */
function unread(what: string, retained: string, needed: Needed | undefined): Finding {
  if (needed !== undefined) return fail(`${what} has no reader and ${retained}; ${needed.ifUnread}.`);
  return warn(`${what} has no reader and ${retained}; start its replica, or drop the slot if there is none any more.`);
}

function left({ safeBytes }: ProbedSlot): string {
  return safeBytes === null ? '' : `, and can retain ${size(safeBytes)} more before it is lost`;
}
