import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClickHouse } from '../../src/connections/clickhouse/clickhouse-client.ts';
import { Deployment, type RunningAtlas } from './support/deployment.ts';
import { countedInClickHouse, definePlayers, PLAYERS, setScores } from './support/players.ts';

interface Report {
  readonly tenant: number;
  readonly complete: boolean;
  readonly shards: readonly { postgres: { entities: number; gone: boolean }; clickhouse: { rows: number } }[];
  readonly definitions: number | null;
  readonly remains: readonly string[];
}

/** The procedure in docs/tenants.md. */
describe('atlas tenant', () => {
  let deployment: Deployment;
  let serve: RunningAtlas;

  beforeAll(async () => {
    deployment = await Deployment.start(7);
    await deployment.run('migrate');
    [serve] = await Promise.all([
      deployment.start('serve'),
      deployment.start('replicate', { ATLAS_ERASURE_GRACE_MS: '0' }),
    ]);
    await definePlayers(deployment, serve.url);
    await setScores(deployment, serve.url, 1);
    await countedInClickHouse(deployment, serve.url, 1);
    const clickhouse = connectClickHouse(deployment.stores.environment('replicate').ATLAS_CLICKHOUSE_URL ?? '', {
      ...{ connections: 1, timeoutMs: 10_000, memoryBytes: 1_000_000_000, applicationName: 'test' },
    });
    // Otherwise the files of replaced parts stay for eight minutes.
    for (const table of ['entity', 'entity_attribute']) {
      await clickhouse.command(
        `ALTER TABLE ${table} MODIFY SETTING old_parts_lifetime = 1, cleanup_delay_period = 1, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 1`,
      );
    }
    await clickhouse.close();
  });
  afterAll(() => deployment?.stop());

  const report = (output: string) => JSON.parse(output.slice(output.indexOf('{'))) as Report;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

  it('erase asks for --yes, and touches nothing without it', async () => {
    expect(await deployment.run('tenant erase 7')).toMatchObject({
      code: 2,
      output: expect.stringContaining('This erases everything of tenant 7 beyond recovery; add --yes to do so.'),
    });
    expect(await deployment.run('tenant erase seven --yes')).toMatchObject({ code: 2 });
  });

  it('erase exits with 1 while ClickHouse is not done, and with 0 when run again once everything is gone', async () => {
    const first = await deployment.run('tenant erase 7 --yes --no-wait');
    expect(first.code).toBe(1);
    const begun = report(first.output);
    expect(begun).toMatchObject({ tenant: 7, complete: false, definitions: null });
    expect(sum(begun.shards.map(({ postgres }) => postgres.entities))).toBe(PLAYERS.length);
    expect(begun.shards.every(({ postgres }) => postgres.gone)).toBe(true);
    const second = await deployment.run('tenant erase 7 --yes');
    const ended = report(second.output);
    expect(ended).toMatchObject({ tenant: 7, complete: true });
    expect(sum(ended.shards.map(({ postgres }) => postgres.entities))).toBe(PLAYERS.length);
    expect(sum(ended.shards.map(({ clickhouse }) => clickhouse.rows))).toBeGreaterThanOrEqual(PLAYERS.length);
    expect(ended.definitions).toBeGreaterThan(0);
    expect(ended.remains.join()).toContain('Backups');
    expect(second.code).toBe(0);
  }, 240_000);
});
