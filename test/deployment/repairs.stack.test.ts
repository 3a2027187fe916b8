import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseShards } from '../../src/config/config.ts';
import { connectClickHouse } from '../../src/connections/clickhouse/clickhouse-client.ts';
import type { HealthReport } from '../../src/server/health-report.ts';
import { postgresQuery } from '../support/postgres-query.ts';
import { Deployment, health, healthy, phaseBecomes, type RunningAtlas, terminated } from './support/deployment.ts';
import { countedInClickHouse, definePlayers, PLAYERS, scoresOf, setScores } from './support/players.ts';

/** The repair procedures in docs/operating.md. */
describe('repairing the deployment', () => {
  let deployment: Deployment;
  let serve: RunningAtlas;
  let replicate: RunningAtlas;

  beforeAll(async () => {
    deployment = await Deployment.start(7);
    await deployment.run('migrate');
    [serve, replicate] = await Promise.all([deployment.start('serve'), deployment.start('replicate')]);
    await definePlayers(deployment, serve.url);
    await setScores(deployment, serve.url, 1);
    await countedInClickHouse(deployment, serve.url, 1);
  });
  afterAll(() => deployment?.stop());

  it('a lost slot: replicate names the command that repairs it, and the command repairs it', async () => {
    expect(await terminated(replicate)).toBe(0);
    const { primary = '' } = deployment.stores.clusters.get('s0')?.endpoints ?? {};
    await postgresQuery(primary, "SELECT pg_drop_replication_slot('atlas_cdc')");
    await setScores(deployment, serve.url, 2);
    replicate = await deployment.start('replicate');
    const message = 'slot \\"atlas_cdc\\" does not exist on the primary; run \\"atlas replicate --resnapshot\\"';
    await replicate.atlas.says(message);
    await phaseBecomes(replicate.url, 's0', 'failed');
    await phaseBecomes(replicate.url, 's1', 'streaming');
    expect(await failuresOf(replicate.url)).toEqual({
      s0: expect.stringContaining('slot "atlas_cdc" does not exist on the primary; run "atlas replicate --resnapshot"'),
    });
    const repair = await deployment.start('replicate --resnapshot');
    await countedInClickHouse(deployment, serve.url, 2);
    await healthy(serve.url, 'replication');
    expect(await terminated(repair)).toBe(0);
    await phaseBecomes(replicate.url, 's0', 'streaming');
    expect(await failuresOf(replicate.url)).toEqual({});
    await setScores(deployment, serve.url, 3);
    await countedInClickHouse(deployment, serve.url, 3);
  });

  /** By shard, the copy in ClickHouse that is read. */
  async function copiesRead(): Promise<ReadonlyMap<string, bigint>> {
    const clickhouse = connectClickHouse(deployment.stores.environment('replicate').ATLAS_CLICKHOUSE_URL ?? '', {
      ...{ connections: 1, timeoutMs: 10_000, memoryBytes: 100_000_000, applicationName: 'test' },
    });
    try {
      const rows = await clickhouse.query<{ shard: string; copy: string }>(
        'SELECT shard, max(copy_id) AS copy FROM replication_watermark FINAL WHERE lsn > 0 GROUP BY shard',
      );
      return new Map(rows.map(({ shard, copy }) => [shard, BigInt(copy)]));
    } finally {
      await clickhouse.close();
    }
  }

  it('resync: copies every shard anew while replicate streams, and repairs a lost slot by itself while none runs', async () => {
    const before = await copiesRead();
    const run = await deployment.run('resync');
    for (const shard of ['s0', 's1']) expect(run.output).toContain(`Shard ${shard}: the new copy is read.`);
    expect(run.code).toBe(0);
    const between = await copiesRead();
    for (const [shard, copyId] of between) expect(copyId).toBeGreaterThan(before.get(shard) ?? 0n);
    await setScores(deployment, serve.url, 4);
    await countedInClickHouse(deployment, serve.url, 4);

    expect(await terminated(replicate)).toBe(0);
    const { primary = '' } = deployment.stores.clusters.get('s0')?.endpoints ?? {};
    await postgresQuery(primary, "SELECT pg_drop_replication_slot('atlas_cdc')");
    await setScores(deployment, serve.url, 5);
    expect((await deployment.run('resync --shard s0')).code).toBe(0);
    const after = await copiesRead();
    expect(after.get('s0')).toBeGreaterThan(between.get('s0') ?? 0n);
    expect(after.get('s1')).toBe(between.get('s1'));
    replicate = await deployment.start('replicate');
    await phaseBecomes(replicate.url, 's0', 'streaming');
    await countedInClickHouse(deployment, serve.url, 5);
  });

  it('resync: refuses a shard that does not exist, and ends with 1 when it is stopped', async () => {
    const refused = await deployment.run('resync --shard s9');
    expect(refused).toEqual({ code: 2, output: 'There is no shard "s9"; expected one of s0, s1.\n' });
    expect(await deployment.run('resync --tenant 7')).toEqual({
      code: 2,
      output:
        'resync copies whole shards. To renew the entities of tenant 7 in place, run "atlas verify --tenant 7 --repair".\n',
    });
    const { primary = '' } = deployment.stores.clusters.get('s0')?.endpoints ?? {};
    const before = await copiesRead();
    // The snapshot waits for this transaction.
    const held = new pg.Client({ connectionString: primary });
    await held.connect();
    try {
      await held.query('BEGIN');
      await held.query('SELECT pg_current_xact_id()');
      const stopped = deployment.begin('resync --shard s0');
      await vi.waitFor(
        async () => {
          expect(
            await postgresQuery(primary, "SELECT 1 FROM pg_replication_slots WHERE slot_name = 'atlas_cdc_copy'"),
          ).toHaveLength(1);
        },
        { timeout: 15_000 },
      );
      stopped.signal('SIGTERM');
      expect(await stopped.exit()).toBe(1);
    } finally {
      await held.query('ROLLBACK');
      await held.end();
    }
    // What was asked for goes on without whoever asked.
    await vi.waitFor(async () => expect((await copiesRead()).get('s0')).toBeGreaterThan(before.get('s0') ?? 0n), {
      timeout: 15_000,
    });
    await healthy(serve.url, 'replication');
  });

  it('a lost primary: its replica replaces it', async () => {
    expect(await Promise.all([terminated(serve), terminated(replicate)])).toEqual([0, 0]);
    const home = deployment.stores.clusters.get('s0');
    await home?.primary.stop();
    /** Each command has a login of its own. */
    const urlsAfter = (command: string) => {
      const { placement, shards } = parseShards(deployment.stores.environment(command).ATLAS_SHARDS);
      const moved = shards.map((shard) => {
        const [replica] = shard.replicas;
        return shard.id === 's0' && replica !== undefined ? { id: 's0', primary: replica, replicas: [] } : shard;
      });
      return { ATLAS_SHARDS: JSON.stringify({ placement, shards: moved }) };
    };
    await postgresQuery(home?.endpoints.replicas[0] ?? '', 'SELECT pg_promote()');

    const migrated = await deployment.run('migrate', urlsAfter('migrate'));
    expect(migrated).toMatchObject({ code: 0, output: expect.stringContaining('shard s0: up to date.') });
    [serve, replicate] = await Promise.all([
      deployment.start('serve', urlsAfter('serve')),
      deployment.start('replicate --resnapshot', urlsAfter('replicate')),
    ]);
    const { data } = await scoresOf(deployment, serve.url, PLAYERS);
    expect(data?.entitiesById).toEqual(PLAYERS.map(() => ({ number: 5 })));
    expect(await setScores(deployment, serve.url, 6)).toEqual(PLAYERS.map(() => 'UPDATED'));
    await countedInClickHouse(deployment, serve.url, 6);
    await healthy(serve.url, 'replication');
  });

  it('the catalog follows its new home', async () => {
    const { primary = '' } = deployment.stores.clusters.get('s1')?.endpoints ?? {};
    await deployment.ask(
      serve.url,
      'mutation { defineAttribute(input: { key: "later", type: TEXT }) { definition { key } } }',
    );
    await vi.waitFor(
      async () =>
        expect(await postgresQuery(primary, 'SELECT key FROM atlas.attribute_definition ORDER BY key')).toEqual([
          { key: 'later' },
          { key: 'score' },
        ]),
      { timeout: 10_000 },
    );
  });
});

/** The reasons in /health/replication, by shard. */
async function failuresOf(url: string): Promise<Record<string, string>> {
  const { body } = await health(url, 'replication');
  const { shards } = (body as HealthReport).components.change_stream;
  return Object.fromEntries(
    Object.entries(shards).flatMap(([id, { reason }]) => (reason === undefined ? [] : [[id, reason]])),
  );
}
