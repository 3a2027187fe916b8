import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseShards } from '../../src/config/config.ts';
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

  it('a lost primary: its replica replaces it', async () => {
    expect(await Promise.all([terminated(serve), terminated(replicate)])).toEqual([0, 0]);
    const home = deployment.stores.clusters.get('s0');
    await home?.primary.stop();
    const { placement, shards } = parseShards(deployment.stores.environment('serve').ATLAS_SHARDS);
    const moved = shards.map((shard) => {
      const [replica] = shard.replicas;
      return shard.id === 's0' && replica !== undefined ? { id: 's0', primary: replica, replicas: [] } : shard;
    });
    const after = { ATLAS_SHARDS: JSON.stringify({ placement, shards: moved }) };
    await postgresQuery(moved[0]?.primary ?? '', 'SELECT pg_promote()');

    const migrated = await deployment.run('migrate', after);
    expect(migrated).toMatchObject({ code: 0, output: expect.stringContaining('shard s0: up to date.') });
    [serve, replicate] = await Promise.all([
      deployment.start('serve', after),
      deployment.start('replicate --resnapshot', after),
    ]);
    const { data } = await scoresOf(deployment, serve.url, PLAYERS);
    expect(data?.entitiesById).toEqual(PLAYERS.map(() => ({ number: 3 })));
    expect(await setScores(deployment, serve.url, 4)).toEqual(PLAYERS.map(() => 'UPDATED'));
    await countedInClickHouse(deployment, serve.url, 4);
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
