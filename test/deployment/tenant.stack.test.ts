import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectClickHouse } from '../../src/connections/clickhouse/clickhouse-client.ts';
import { cleanUpQuickly } from '../support/quick-cleanup.ts';
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
    const clickhouse = connectClickHouse(deployment.stores.environment('replicate').ATLAS_CLICKHOUSE_URL ?? '', {
      ...{ connections: 1, timeoutMs: 10_000, memoryBytes: 1_000_000_000, applicationName: 'test' },
    });
    await cleanUpQuickly(clickhouse);
    [serve] = await Promise.all([
      deployment.start('serve'),
      deployment.start('replicate', { ATLAS_ERASURE_GRACE_MS: '0' }),
    ]);
    // What is written before change capture of a shard begins is not in its history.
    await vi.waitFor(
      async () => expect(await clickhouse.query('SELECT DISTINCT shard FROM history_start')).toHaveLength(2),
      { timeout: 30_000, interval: 100 },
    );
    await clickhouse.close();
    await definePlayers(deployment, serve.url);
    await setScores(deployment, serve.url, 1);
    await countedInClickHouse(deployment, serve.url, 1);
  });
  afterAll(() => deployment?.stop());

  const report = (output: string) => JSON.parse(output.slice(output.indexOf('{'))) as Report;
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

  it('usage counts what the tenant has, and nothing of another', async () => {
    const { code, output } = await deployment.run('tenant usage 7');
    expect(code).toBe(0);
    const usage = JSON.parse(output.slice(output.indexOf('{')));
    expect(usage).toMatchObject({ tenant: 7, entities: PLAYERS.length, bytes: expect.any(Number) });
    expect(usage.bytes).toBeGreaterThan(0);
    expect(usage.definitions).toBeGreaterThan(0);
    expect(usage.shards.map(({ shard }: { shard: string }) => shard)).toEqual(['s0', 's1']);
    const other = await deployment.run('tenant usage 8');
    expect(JSON.parse(other.output.slice(other.output.indexOf('{')))).toMatchObject({
      ...{ entities: 0, bytes: 0, definitions: 0 },
      shards: [expect.objectContaining({ types: [], elementRows: 0, auditEntries: 0 }), expect.anything()],
    });
  });

  it('export writes everything of the tenant, once all of it is written', async () => {
    const directory = join(deployment.home, 'tenant-7');
    const read = (name: string) =>
      readFileSync(join(directory, `${name}.ndjson`), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    const exported = await deployment.run(`tenant export 7 --out ${directory}`);
    expect(exported.code).toBe(0);
    const entities = read('entities');
    expect(entities.map(({ id }) => id).sort()).toEqual([...PLAYERS].sort());
    expect(entities).toContainEqual({
      ...{ id: PLAYERS[0], type: 'player', version: expect.any(String) },
      ...{ createdAt: expect.any(String), updatedAt: expect.any(String), attributes: { score: 1 } },
    });
    expect(read('definitions')).toContainEqual(
      expect.objectContaining({ key: 'score', type: 'NUMBER', shared: false }),
    );
    expect(read('audit').filter(({ operation }) => operation === 'CREATE_ENTITY')).toHaveLength(PLAYERS.length);
    expect(readdirSync(directory).sort()).toEqual([
      ...['audit.ndjson', 'definitions.ndjson', 'entities.ndjson', 'history.ndjson', 'types.ndjson'],
    ]);
    const history = read('history');
    expect(history.map(({ operation, entityId }) => [operation, entityId]).sort()).toEqual(
      PLAYERS.map((id) => ['CREATED', id]).sort(),
    );
    expect(history).toContainEqual({
      ...{ entityId: PLAYERS[0], type: 'player', version: '1', operation: 'CREATED', shard: expect.any(String) },
      ...{ createdAt: expect.any(String), at: expect.any(String), subject: null },
      attributes: [{ key: 'score', before: null, after: 1 }],
    });
    expect(JSON.parse(exported.output.slice(exported.output.indexOf('{')))).toMatchObject({
      history: {
        changes: PLAYERS.length,
        completeSince: { s0: expect.any(String), s1: expect.any(String) },
        completeUntil: { s0: expect.any(String), s1: expect.any(String) },
      },
    });

    expect(await deployment.run(`tenant export 7 --out ${directory}`)).toMatchObject({
      code: 2,
      output: expect.stringContaining('exists; name a directory that does not.'),
    });
    expect(await deployment.run(`tenant export 7 --out ${directory}/missing/x`)).toMatchObject({ code: 2 });
    expect(await deployment.run('tenant export 7')).toMatchObject({ code: 2 });
  });

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
