import { setTimeout as delay } from 'node:timers/promises';
import { quantile } from '../suite/spread.ts';
import type { Figures, Workload } from '../suite/workload.ts';
import { queryClickHouse } from '../support/clickhouse-query.ts';
import { discardChanges } from '../support/discard-changes.ts';
import { ENTITY_TYPE } from '../support/generated-entities.ts';
import { watchParts } from '../support/new-parts.ts';
import { GIANT, type Stage } from '../support/stage.ts';
import { startSteadyWrites } from '../support/steady-writes.ts';
import { until } from '../support/until.ts';

/** As the mission asks for. */
const VALUES_PER_SECOND = 10_000;
const TRANSACTION = 500;
const SLOT = 'bench_discards';
const SAMPLE_PERIOD_MS = 40;
/**
 * Its WAL is flushed, as it is where `synchronous_commit` is not off: until then the slot does not send it, and of the servers here, only the WAL writer would do it,
 * up to 200 ms later.
 */
const COMMIT = `
WITH setting AS MATERIALIZED (SELECT set_config('synchronous_commit', 'local', true))
INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
SELECT $1, $2, $3, 1, now(), now(), '{}' FROM setting`;

/** When ClickHouse is asked though it has got no part. */
const MOST_WAIT_MS = 500;

/** How fast changes reach ClickHouse: a backlog beside the same changes thrown away, and one change at a time under load beside none. */
export async function changeCapture(stage: Stage): Promise<readonly Workload[]> {
  return [copy(stage), catchUp(stage), commitToVisible(stage)];
}

/** Both sides read one shard after the other. */
function copy(stage: Stage): Workload {
  const rate = async (work: () => Promise<void>): Promise<Figures> => {
    const counts = await Promise.all(
      stage.primaries.map((primary) => primary.query<{ n: string }>('SELECT count(*) AS n FROM atlas.entity')),
    );
    const rows = counts.reduce((sum, counted) => sum + Number(counted.rows[0]?.n), 0);
    const startedAt = performance.now();
    await work();
    return { rate: rows / ((performance.now() - startedAt) / 1_000) };
  };
  return {
    name: 'capture: copy of all shards',
    metrics: [{ name: 'rate', unit: 'entity rows/s', better: 'higher' }],
    atlas: () =>
      rate(async () => {
        const { code, output } = await stage.deployment.run('resync');
        if (code !== 0) throw new Error(output);
      }),
    baseline: () =>
      rate(async () => {
        for (const primary of stage.primaries) await primary.query("COPY (SELECT * FROM atlas.entity) TO '/dev/null'");
      }),
    ...{ warmsUp: false, rounds: 1 },
  };
}

function catchUp(stage: Stage): Workload {
  const perShard = Math.max(2_000, Math.floor(stage.options.entities / 8));
  const write = async (): Promise<number> => {
    const tenant = stage.newTenant();
    await Promise.all(stage.primaries.map((primary) => primary.query(backlog(stage, tenant, perShard))));
    const counts = await Promise.all(
      stage.primaries.map((primary) =>
        primary.query<{ n: string }>('SELECT count(*) AS n FROM atlas.entity WHERE tenant_id = $1', [tenant]),
      ),
    );
    return counts.reduce((sum, { rows }) => sum + Number(rows[0]?.n), 0);
  };
  /** Both sides get the same backlog: it is thrown away first, and then caught up with. */
  const round = async (): Promise<readonly [atlas: Figures, baseline: Figures]> => {
    await stage.stopReplicate();
    let rows: number;
    let thrownAway: Figures;
    try {
      for (const primary of stage.primaries) {
        await primary.query('SELECT pg_create_logical_replication_slot($1, $2)', [SLOT, 'pgoutput']);
      }
      rows = await write();
      const positions = await stage.positions();
      const startedAt = performance.now();
      await Promise.all(
        stage.shards.map(({ primary }, index) => discardChanges(primary, SLOT, positions[index] ?? '')),
      );
      thrownAway = rate(rows, startedAt);
    } finally {
      for (const primary of stage.primaries) await dropSlot(primary);
      await stage.startReplicate();
    }
    await until(async () => (await stage.streamingShards()) > 0);
    const startedAt = performance.now();
    await stage.settle();
    return [rate(rows, startedAt), thrownAway];
  };
  const sides = inPairs(round);
  return {
    name: 'capture: catch-up',
    metrics: [{ name: 'rate', unit: 'entity rows/s', better: 'higher', own: 50_000 }],
    ...{ atlas: () => sides(0), baseline: () => sides(1) },
    ...{ warmsUp: false, rounds: 2 },
  };
}

function rate(rows: number, startedAt: number): Figures {
  return { rate: rows / ((performance.now() - startedAt) / 1_000) };
}

/** The sides of rounds that measure both at once: the one that is asked first runs the round. */
function inPairs<Sides extends readonly unknown[]>(round: () => Promise<Sides>) {
  let begun: Promise<Sides> | null = null;
  return async <Side extends keyof Sides>(side: Side): Promise<Sides[Side]> => {
    const sides = begun ?? round();
    begun = begun === null ? sides : null;
    return (await sides)[side];
  };
}

/** Copies of the giant tenant's entities, in small transactions. */
function backlog({ giantSize }: Stage, tenant: number, count: number): string {
  const columns = 'entity_id, type, version, created_at, updated_at, attributes, text_1, text_2, number_1';
  return `DO $$ DECLARE
      last bigint := 0; written integer; total integer := 0;
    BEGIN
      LOOP
        WITH inserted AS (
          INSERT INTO atlas.entity (tenant_id, ${columns})
          SELECT ${tenant}, ${columns} FROM atlas.entity
          WHERE tenant_id = ${GIANT} AND entity_id > last AND entity_id <= ${giantSize} ORDER BY entity_id LIMIT ${TRANSACTION}
          RETURNING entity_id)
        SELECT max(entity_id), count(*) INTO last, written FROM inserted;
        COMMIT;
        total := total + written;
        EXIT WHEN written < ${TRANSACTION} OR total >= ${count};
      END LOOP;
    END $$`;
}

async function dropSlot(primary: Stage['primaries'][number]): Promise<void> {
  const slot = 'FROM pg_replication_slots WHERE slot_name = $1';
  await until(async () => (await primary.query(`SELECT 1 ${slot} AND active`, [SLOT])).rows.length === 0);
  await primary.query(`SELECT pg_drop_replication_slot(slot_name) ${slot}`, [SLOT]);
}

function commitToVisible(stage: Stage): Workload {
  const measure = async (): Promise<Figures> => {
    const tenant = stage.newTenant();
    /** Of the entities 1, 2, 3 …, which one shard captures in this order. */
    const committed: number[] = [];
    const taken: number[] = [];
    const until = performance.now() + stage.options.seconds * 2_000;
    let isWriting = true;
    const write = async (): Promise<void> => {
      while (performance.now() < until) {
        await stage.primaries[0]?.query(COMMIT, [tenant, committed.length + 1, ENTITY_TYPE]);
        committed.push(performance.now());
        await delay(SAMPLE_PERIOD_MS);
      }
      isWriting = false;
    };
    const parts = await watchParts(stage, 'entity', MOST_WAIT_MS);
    const watch = async (): Promise<void> => {
      while (isWriting || taken.length < committed.length) {
        await parts.next();
        const newest = `SELECT max(entity_id) AS newest FROM entity WHERE tenant_id = ${tenant} AND entity_id > ${taken.length}`;
        const [visible] = await queryClickHouse<{ newest: string }>(stage, newest);
        const now = performance.now();
        for (let n = taken.length; n < Number(visible?.newest); n++) taken.push(now - (committed[n] ?? now));
      }
    };
    await Promise.all([write(), watch()]).finally(() => parts.close());
    taken.sort((a, b) => a - b);
    return { median: quantile(taken, 0.5), p99: quantile(taken, 0.99) };
  };
  return {
    name: 'capture: commit to visible, beside 10,000 values/s written',
    metrics: [
      { name: 'median', unit: 'ms', better: 'lower', own: 120 },
      { name: 'p99', unit: 'ms', better: 'lower', own: 250, isGuarded: false },
    ],
    atlas: async () => {
      const writes = await startSteadyWrites(stage, VALUES_PER_SECOND);
      await delay(500);
      const figures = await measure();
      await writes.stop();
      return figures;
    },
    baseline: async () => {
      await stage.settle();
      return measure();
    },
    warmsUp: false,
  };
}
