import { rmSync } from 'node:fs';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseShards } from '../../src/config/config.ts';
import { ShardMap } from '../../src/sharding/shard-map.ts';
import { AtlasProcess, postGraphQL } from '../support/atlas-process.ts';
import { temporaryDirectory } from '../support/run-directory.ts';
import { type DeployedStores, startDeployedStores } from './support/deployed-stores.ts';

const TENANT = 7;
const IDS = Array.from({ length: 40 }, (_, index) => String(index + 1));
const COMMANDS = ['migrate', 'serve', 'replicate'];
const GRACE_MS = 10_000;

/** Atlas as docker-compose.yml runs it: its commands, its environment, real stores. */
describe('the deployment', () => {
  let stores: DeployedStores;
  let home: string;
  let authorization: string;
  const running = new Set<AtlasProcess>();

  const start = (command: string, changes: Record<string, string> = {}) => {
    const atlas = new AtlasProcess([command], home, { ...stores.environment(command), ...changes });
    running.add(atlas);
    void atlas.exit().then(() => running.delete(atlas));
    return atlas;
  };
  const run = async (command: string, changes: Record<string, string> = {}) => {
    const atlas = start(command, changes);
    return { code: await atlas.exit(), output: atlas.output };
  };
  /** With the URL that it logs. */
  const started = async (command: string) => {
    const atlas = start(command);
    await atlas.says(/"url":"http/, 20_000);
    const url = /"url":"(http:\/\/[^/"]+)/.exec(atlas.output)?.[1] ?? '';
    return { atlas, url };
  };
  const health = async (url: string, what: string) => {
    const response = await fetch(`${url}/health/${what}`);
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const healthy = (url: string, what: string) =>
    vi.waitFor(async () => expect(await health(url, what)).toMatchObject({ status: 200 }), { timeout: 15_000 });
  const ask = <Data>(url: string, query: string, variables: object = {}) =>
    postGraphQL<Data>(url, query, variables, { authorization });
  const bearer = async (claims: Record<string, unknown>, secret?: string) => {
    const key = new TextEncoder().encode(secret ?? stores.environment('serve').ATLAS_JWT_SECRET);
    return `Bearer ${await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('5m').sign(key)}`;
  };
  /** SIGTERM, as Docker stops a container. @returns the exit code. */
  const terminated = async (atlas: AtlasProcess) => {
    const startedAt = performance.now();
    atlas.signal('SIGTERM');
    const code = await atlas.exit();
    expect(performance.now() - startedAt).toBeLessThan(GRACE_MS);
    return code;
  };
  const upsert = (url: string, score: number) =>
    ask<{ upsertEntities: { results: { status: string }[] } }>(
      url,
      'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status error { message } } } }',
      { input: IDS.map((id) => ({ id, type: 'player', attributes: [{ key: 'score', number: score }] })) },
    );
  const countInClickHouse = async (url: string, score: number) => {
    const { data, errors } = await ask<{ analytics: { count: { count: number; freshness: { source: string } } } }>(
      url,
      `query ($score: Float!) { analytics {
        count(filter: { attributes: [{ key: "score", number: { eq: $score } }] }, freshness: { fallback: FAIL }) {
          count freshness { source } } } }`,
      { score },
    );
    expect(errors).toEqual([]);
    return data?.analytics.count;
  };
  const everythingIn = (url: string, score: number) =>
    vi.waitFor(
      async () =>
        expect(await countInClickHouse(url, score)).toEqual({
          count: IDS.length,
          freshness: { source: 'CLICKHOUSE' },
        }),
      { timeout: 15_000, interval: 100 },
    );

  beforeAll(async () => {
    home = temporaryDirectory('deployment');
    stores = await startDeployedStores();
    authorization = await bearer({ tenant: TENANT });
  });
  afterAll(async () => {
    for (const atlas of running) atlas.signal('SIGKILL');
    await Promise.all([...running].map((atlas) => atlas.exit()));
    await stores?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('every command lists all faults of its settings, and exits with 2', async () => {
    const wrong = { ATLAS_PORT: 'http', ATLAS_LOG_LEVL: 'info', ATLAS_SHARDS: '{' };
    for (const { code, output } of await Promise.all(COMMANDS.map((command) => run(command, wrong)))) {
      expect(output).toMatch(/ATLAS_PORT: .*\n/);
      expect(output).toContain('ATLAS_LOG_LEVL is not a setting');
      expect(output).toContain('ATLAS_SHARDS is not valid JSON');
      expect(code).toBe(2);
    }
  });

  it('serve and replicate say what to do before the first migrate', async () => {
    for (const { code, output } of await Promise.all(['serve', 'replicate'].map((command) => run(command)))) {
      expect(output).toMatch(/^Shard s[01] is not set up: run "atlas migrate"\.$/m);
      expect(code).toBe(1);
    }
  });

  it('migrate prepares every store, and finds nothing to do when it runs again', async () => {
    const first = await run('migrate');
    expect(first.output).toMatch(/shard s0: applied 0001_.*\nshard s1: applied 0001_.*\nClickHouse: applied 0001_/);
    expect(first.code).toBe(0);
    const second = await run('migrate');
    expect(second.output).toBe('shard s0: up to date.\nshard s1: up to date.\nClickHouse: up to date.\n');
    expect(second.code).toBe(0);
  });

  it('serve refuses a replica of another shard', async () => {
    const { placement, shards } = parseShards(stores.environment('serve').ATLAS_SHARDS);
    const swapped = shards.map((shard, index) => ({ ...shard, replicas: shards[1 - index]?.replicas }));
    await vi.waitFor(
      async () => {
        const { code, output } = await run('serve', { ATLAS_SHARDS: JSON.stringify({ placement, shards: swapped }) });
        expect(output).toMatch(/ATLAS_SHARDS says s0, but that server is s1: correct the URL of s0's replica\./);
        expect(code).toBe(1);
      },
      { timeout: 10_000 },
    );
  });

  describe('once serve and replicate run', () => {
    let serve: { atlas: AtlasProcess; url: string };
    let replicate: { atlas: AtlasProcess; url: string };

    beforeAll(async () => {
      [serve, replicate] = await Promise.all([started('serve'), started('replicate')]);
    });

    it('becomes ready, and healthy, as both processes see it', async () => {
      for (const { url } of [serve, replicate]) {
        await healthy(url, 'ready');
        await healthy(url, 'replication');
      }
    });

    it('serves nobody without a valid token that names a tenant', async () => {
      const query = '{ attributeDefinitions { totalCount } }';
      const codes = async (headers: Record<string, string>) =>
        (await postGraphQL(serve.url, query, {}, headers)).errors.map(({ extensions }) => extensions.code);
      expect(await codes({})).toEqual(['UNAUTHENTICATED']);
      expect(await codes({ 'x-tenant-id': String(TENANT) })).toEqual(['UNAUTHENTICATED']);
      const foreign = await bearer({ tenant: TENANT }, 'another secret of 32 characters!');
      expect(await codes({ authorization: foreign })).toEqual(['UNAUTHENTICATED']);
      expect(await codes({ authorization: await bearer({}) })).toEqual(['TENANT_REQUIRED']);
    });

    it('writes entities to both shards, reads them from a replica, and counts them in ClickHouse', async () => {
      const { errors } = await ask(
        serve.url,
        'mutation { defineAttribute(input: { key: "score", type: NUMBER }) { definition { key } } }',
      );
      expect(errors).toEqual([]);
      const { data } = await upsert(serve.url, 1);
      expect(data?.upsertEntities.results.map(({ status }) => status)).toEqual(IDS.map(() => 'CREATED'));
      await vi.waitFor(async () => {
        const read = await ask<{ entitiesById: { number: number }[] }>(
          serve.url,
          'query ($ids: [ID!]!) { entitiesById(ids: $ids) { number(key: "score") } }',
          { ids: IDS },
        );
        expect(read.data?.entitiesById).toEqual(IDS.map(() => ({ number: 1 })));
        expect(read.headers.get('x-data-source')).toBe('REPLICA');
      }, 10_000);
      await everythingIn(serve.url, 1);
    });

    it('shows its metrics', async () => {
      const metrics = async (url: string) => (await fetch(`${url}/metrics`)).text();
      expect(await metrics(serve.url)).toMatch(/^atlas_reads_total\{source="CLICKHOUSE",.*\} [1-9]/m);
      expect(await metrics(replicate.url)).toMatch(/^atlas_replicator_rows_total\{shard="s1",table="entity"\} [1-9]/m);
      expect(await metrics(replicate.url)).toMatch(
        /^atlas_source_health\{shard="s0",source="CLICKHOUSE",replica=""\} 2$/m,
      );
    });

    it('goes on with a second replicate when the first is killed', async () => {
      const standby = await started('replicate');
      replicate.atlas.signal('SIGKILL');
      await replicate.atlas.exit();
      await upsert(serve.url, 2);
      await everythingIn(serve.url, 2);
      await healthy(standby.url, 'replication');
      replicate = standby;
    });

    it('says when no replicate runs, and goes on where the last one stopped', async () => {
      expect(await terminated(replicate.atlas)).toBe(0);
      await upsert(serve.url, 3);
      await vi.waitFor(
        async () =>
          expect(await health(serve.url, 'replication')).toMatchObject({
            status: 503,
            body: { components: { change_stream: { status: 'down', lag_messages: null } } },
          }),
        { timeout: 5_000 },
      );
      replicate = await started('replicate');
      await everythingIn(serve.url, 3);
    });

    it('ends with 0 on SIGTERM', async () => {
      expect(await Promise.all([terminated(serve.atlas), terminated(replicate.atlas)])).toEqual([0, 0]);
    });
  });

  describe('while the primary of s0, the home of the catalog, is down', () => {
    let serve: { atlas: AtlasProcess; url: string };
    const readFrom = async (shard: string) => {
      const { placement, shards } = parseShards(stores.environment('serve').ATLAS_SHARDS);
      const ids = new ShardMap(shards, placement).group(IDS).get(shard) ?? [];
      return ask<{ entitiesById: ({ number: number } | null)[] }>(
        serve.url,
        `query ($ids: [ID!]!) { entitiesById(ids: $ids, freshness: { class: REALTIME }) { number(key: "score") } }`,
        { ids: ids.slice(0, 3) },
      );
    };

    beforeAll(async () => {
      await stores.clusters.get('s0')?.primary.stop();
      serve = await started('serve');
    });

    it('serve starts, and says what it lacks', async () => {
      expect(await health(serve.url, 'live')).toMatchObject({ status: 200 });
      await vi.waitFor(
        async () =>
          expect(await health(serve.url, 'ready')).toEqual({
            status: 503,
            body: { status: 'not ready', missing: ['the primary of shard s0 does not answer'] },
          }),
        { timeout: 5_000 },
      );
    });

    it('serves the entities of the other shard', async () => {
      expect(await readFrom('s1')).toMatchObject({
        data: { entitiesById: [{ number: 3 }, { number: 3 }, { number: 3 }] },
        errors: [],
      });
      const { errors } = await readFrom('s0');
      expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['SHARD_UNAVAILABLE']));
    });

    it('serves all of them once the primary is back', async () => {
      await stores.clusters.get('s0')?.primary.start();
      await healthy(serve.url, 'ready');
      expect(await readFrom('s0')).toMatchObject({ errors: [] });
      expect(await terminated(serve.atlas)).toBe(0);
    });
  });
});
