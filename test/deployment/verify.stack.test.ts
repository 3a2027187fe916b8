import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectClickHouse } from '../../src/connections/clickhouse/clickhouse-client.ts';
import { Deployment, health, healthy, metrics, type RunningAtlas, terminated } from './support/deployment.ts';
import { countedInClickHouse, definePlayers, PLAYERS, setScores } from './support/players.ts';

interface Report {
  readonly equal: boolean;
  readonly shards: readonly { shard: string; entities: number; differences: number; failure: string | null }[];
  readonly differences: readonly object[];
}

/** The procedure in docs/operating.md. */
describe('atlas verify', () => {
  let deployment: Deployment;
  let serve: RunningAtlas;
  let replicate: RunningAtlas;
  /** Seconds, instead of a day. */
  const often = { ATLAS_VERIFY_PERIOD_MS: '20000' };

  beforeAll(async () => {
    deployment = await Deployment.start(7);
    await deployment.run('migrate');
    [serve, replicate] = await Promise.all([deployment.start('serve', often), deployment.start('replicate', often)]);
    await definePlayers(deployment, serve.url);
    await setScores(deployment, serve.url, 1);
    await countedInClickHouse(deployment, serve.url, 1);
  });
  afterAll(() => deployment?.stop());

  const report = (output: string) => JSON.parse(output.slice(output.indexOf('{'))) as Report;

  it('exits with 2 for a shard or a tenant that cannot be', async () => {
    const [shard, tenant] = await Promise.all([
      deployment.run('verify --shard s7'),
      deployment.run('verify --tenant seven'),
    ]);
    expect(shard).toMatchObject({ code: 2, output: expect.stringContaining('no shard "s7"; expected one of s0, s1.') });
    expect(tenant).toMatchObject({ code: 2, output: expect.stringContaining('"seven" is not a tenant id; expected') });
  });

  it('exits with 0 and a table if the stores are equal', async () => {
    const { code, output } = await deployment.run('verify');
    expect(output).toMatch(/^s0 +\d+ +\d+ +0 +0 +0 +[\d.]+ +equal$/m);
    expect(output).toMatch(/^s1 +\d+ +\d+ +0 +0 +0 +[\d.]+ +equal$/m);
    expect(code).toBe(0);
    const { equal, shards } = report((await deployment.run('verify --json --tenant 7')).output);
    expect(equal).toBe(true);
    expect(shards.reduce((sum, { entities }) => sum + entities, 0)).toBe(PLAYERS.length);
  });

  it('replicate finds what differs, and every process says so', async () => {
    await Promise.all([healthy(serve.url, 'replication'), healthy(replicate.url, 'replication')]);
    const clickhouse = connectClickHouse(deployment.stores.environment('replicate').ATLAS_CLICKHOUSE_URL ?? '', {
      ...{ connections: 1, timeoutMs: 10_000, memoryBytes: 1_000_000_000, applicationName: 'test' },
    });
    await clickhouse.command(
      'ALTER TABLE entity_attribute UPDATE value_number = 2 WHERE entity_id = 1 SETTINGS mutations_sync = 2',
    );
    await clickhouse.close();
    for (const { url } of [serve, replicate]) {
      await vi.waitFor(
        async () => {
          const { status, body } = await health(url, 'replication');
          expect(body).toMatchObject({ components: { verification: { status: 'degraded', differences: 1 } } });
          expect(status).toBe(503);
        },
        { timeout: 40_000, interval: 100 },
      );
    }
    expect(await metrics(serve.url)).toMatch(/^atlas_verification_different_rows\{shard="s[01]"\} 1$/m);
    expect(replicate.atlas.output).toContain('ClickHouse differs from Postgres');
  });

  it('exits with 1 and names what differs', async () => {
    const difference = { tenant: 7, entity: '1', attribute: 'score', kind: 'different', repaired: null };
    const { code, output } = await deployment.run('verify --json --values');
    expect(report(output).differences).toEqual([
      expect.objectContaining({
        ...difference,
        columns: [{ column: 'value_number', postgres: '1', clickhouse: '2' }],
      }),
    ]);
    expect(code).toBe(1);
    expect((await deployment.run('verify --primary')).output).toMatch(
      /^shard s\d, tenant 7, entity 1, attribute "score": different \(value_number: Postgres [0-9a-f]{16}, ClickHouse [0-9a-f]{16}\)$/m,
    );
  });

  it('--repair writes it to ClickHouse, after which health recovers', async () => {
    const { code, output } = await deployment.run('verify --repair');
    expect(output).toMatch(/; repaired$/m);
    expect(code).toBe(0);
    await countedInClickHouse(deployment, serve.url, 1);
    await Promise.all([healthy(serve.url, 'replication'), healthy(replicate.url, 'replication')]);
  });

  it('fails if ClickHouse does not get to the position of Postgres', async () => {
    expect(await terminated(replicate)).toBe(0);
    await setScores(deployment, serve.url, 2);
    const { code, output } = await deployment.run('verify', { ATLAS_VERIFY_WAIT_MS: '500' });
    expect(output).toContain('ClickHouse has not reached the position of shard s0 within 0.5 s');
    expect(code).toBe(1);
  });

  it('ends on Ctrl-C without a stack trace', async () => {
    const verify = deployment.begin('verify');
    await verify.says('Comparing');
    verify.signal('SIGINT');
    expect(await verify.exit()).toBe(1);
    expect(verify.output).toContain('Stopped before the end.');
  });
});
