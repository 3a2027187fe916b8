import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgresCluster, type TestCluster } from '../support/postgres-cluster.ts';
import { Deployment, healthy, phaseBecomes, type RunningAtlas, terminated } from './support/deployment.ts';
import { countedInClickHouse, definePlayers, PLAYERS, setScores } from './support/players.ts';

const FOREIGN = 'ClickHouse holds the data of another installation; set ATLAS_CLICKHOUSE_URL to another database.';

describe('two installations with the same ClickHouse database', () => {
  let deployment: Deployment;
  let serve: RunningAtlas;
  let replicate: RunningAtlas;
  let other: TestCluster;
  /** The environment of the second installation, whose only shard has the id of one of the first. */
  let second: { ATLAS_SHARDS: string };

  beforeAll(async () => {
    [deployment, other] = await Promise.all([Deployment.start(7), startPostgresCluster({ migrated: false })]);
    second = { ATLAS_SHARDS: JSON.stringify({ placement: { kind: 'hash' }, shards: [other.endpoints] }) };
    await deployment.run('migrate');
    [serve, replicate] = await Promise.all([deployment.start('serve'), deployment.start('replicate')]);
    await definePlayers(deployment, serve.url);
    await setScores(deployment, serve.url, 1);
    await countedInClickHouse(deployment, serve.url, 1);
  });
  afterAll(() => Promise.all([deployment?.stop(), other?.stop()]));

  it.each(['migrate', 'serve', 'replicate', 'replicate --resnapshot'])(
    '%s of the second is refused',
    async (command) => {
      const { code, output } = await deployment.run(command, second);
      expect(output).toContain(FOREIGN);
      expect(code).toBe(1);
      await countedInClickHouse(deployment, serve.url, 1);
    },
  );

  it('the tables of a single server are not made those of a cluster', async () => {
    const { code, output } = await deployment.run('migrate', { ATLAS_CLICKHOUSE_CLUSTER: 'atlas' });
    expect(output).toContain("ClickHouse's tables are those of a single server; name another database");
    expect(code).toBe(1);
  });

  it('one that starts while ClickHouse does not answer refuses it as soon as it does', async () => {
    const { clickhouse } = deployment.stores;
    await clickhouse.kill();
    const [serving, replicating] = await Promise.all([
      deployment.start('serve', second),
      deployment.start('replicate --resnapshot', second),
    ]);
    await clickhouse.start();
    await replicating.atlas.says(FOREIGN);
    await phaseBecomes(replicating.url, 's0', 'retrying');
    const query = '{ analytics { count(freshness: { fallback: FAIL }) { count } } }';
    const { data, errors } = await deployment.ask(serving.url, query);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'ANALYTICS_UNAVAILABLE' } }]);
    expect(await Promise.all([terminated(serving), terminated(replicating)])).toEqual([0, 0]);
    await healthy(serve.url, 'replication');
    await countedInClickHouse(deployment, serve.url, 1);
  });

  it('an emptied ClickHouse names the command that sets it up, and is filled once it has run', async () => {
    const { clickhouse } = deployment.stores;
    await clickhouse.kill();
    clickhouse.empty();
    await clickhouse.start();
    await Promise.all(
      [serve, replicate].map(({ atlas }) => atlas.says('ClickHouse is not set up; run \\"atlas migrate\\".')),
    );
    const fresh = await deployment.start('serve');
    expect(await terminated(fresh)).toBe(0);
    expect((await deployment.run('migrate')).code).toBe(0);
    await countedInClickHouse(deployment, serve.url, 1);
    expect(await setScores(deployment, serve.url, 2)).toEqual(PLAYERS.map(() => 'UPDATED'));
    await countedInClickHouse(deployment, serve.url, 2);
    await healthy(serve.url, 'replication');
    await phaseBecomes(replicate.url, 's0', 'streaming');
  });
});
