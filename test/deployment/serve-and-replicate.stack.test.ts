import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseShards } from '../../src/config/config.ts';
import type { Examination } from '../../src/entrypoints/doctor/examination.ts';
import { ShardMap } from '../../src/sharding/shard-map.ts';
import { CALM, postGraphQL } from '../support/atlas-process.ts';
import { blocksUnder, commandsIn, ShellProcess, withoutNpx, withValues } from '../support/documented-commands.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import {
  Deployment,
  health,
  healthy,
  metrics,
  phaseBecomes,
  type RunningAtlas,
  terminated,
} from './support/deployment.ts';
import { countedInClickHouse, definePlayers, PLAYERS, scoresOf, setScores } from './support/players.ts';

const TENANT = 7;

describe('the deployment', () => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await Deployment.start(TENANT);
  });
  afterAll(() => deployment?.stop());

  it('every command lists all errors in its settings and exits with 2', async () => {
    const wrong = { ATLAS_PORT: 'http', ATLAS_LOG_LEVL: 'info', ATLAS_SHARDS: '{' };
    const runs = ['migrate', 'serve', 'replicate'].map((command) => deployment.run(command, wrong));
    for (const { code, output } of await Promise.all(runs)) {
      expect(output).toMatch(/ATLAS_PORT: .*\n/);
      expect(output).toContain('ATLAS_LOG_LEVL is not a setting');
      expect(output).toContain('ATLAS_SHARDS is not valid JSON');
      expect(code).toBe(2);
    }
  });

  it('every command exits with 1 if a password is wrong, says which, and does not show it', async () => {
    const { ATLAS_CLICKHOUSE_URL = '' } = deployment.stores.environment('serve');
    const shardsOf = (command: string) => deployment.stores.environment(command).ATLAS_SHARDS ?? '';
    const wrong = (text: string) => text.replaceAll(/:[^:@/]+@/g, ':not-the-password@');
    const cases = [
      ...['migrate', 'serve', 'replicate'].map(
        (command) => [command, { ATLAS_SHARDS: wrong(shardsOf(command)) }] as const,
      ),
      ['migrate', { ATLAS_CLICKHOUSE_URL: wrong(ATLAS_CLICKHOUSE_URL) }] as const,
    ];
    const runs = cases.map(async ([command, changes]) => ({ changes, ...(await deployment.run(command, changes)) }));
    for (const { changes, code, output } of await Promise.all(runs)) {
      const sentence =
        'ATLAS_SHARDS' in changes
          ? /^The primary of shard s0 \(atlas\w*@\S+\) refuses the password, or has no such role; .*correct ATLAS_SHARDS\.$/m
          : /^ClickHouse \(atlas@\S+\) refuses the user or the password; correct ATLAS_CLICKHOUSE_URL\.$/m;
      expect(output).toMatch(sentence);
      expect(output).not.toContain('not-the-password');
      expect(code).toBe(1);
    }
  });

  it('serve and replicate ask for migrate before the first migration', async () => {
    const runs = ['serve', 'replicate'].map((command) => deployment.run(command));
    for (const { code, output } of await Promise.all(runs)) {
      expect(output).toMatch(
        /^The primary of shard s0 \(atlas_(serve|replicate)@\S+\) .*; run "atlas migrate" with the password in ATLAS_\1_PASSWORD,/im,
      );
      expect(code).toBe(1);
    }
  });

  it('migrate sets up every store and does nothing when it runs again', async () => {
    const first = await deployment.run('migrate');
    expect(first.output).toMatch(/shard s0: applied 0001_.*\nshard s1: applied 0001_.*\nClickHouse: applied 0001_/);
    expect(first.code).toBe(0);
    const second = await deployment.run('migrate');
    expect(second.output).toBe('shard s0: up to date.\nshard s1: up to date.\nClickHouse: up to date.\n');
    expect(second.code).toBe(0);
  });

  it('runs with the commands of the README and one URL for each server, and prints its SDL', async () => {
    const [exportsShards, exportsClickHouse, migrate = '', replicate = '', serve = '', verify = ''] = commandsIn(
      blocksUnder('README.md', '## Real servers', 'sh')[0],
    );
    const [, ...names] = /^export (\w+)=.*\nexport (\w+)=/.exec(`${exportsShards}\n${exportsClickHouse}`) ?? [];
    expect(names).toEqual(['ATLAS_SHARDS', 'ATLAS_CLICKHOUSE_URL']);
    const shards = ['s0', 's1'].map((id) => deployment.stores.clusters.get(id)?.endpoints);
    const { ATLAS_CLICKHOUSE_URL = '' } = deployment.stores.environment('replicate');
    const { ATLAS_JWT_SECRET = '' } = deployment.stores.environment('serve');
    const freePort = { ATLAS_PORT: '0', ATLAS_DRAIN_MS: '0' };
    const environment = { ...CALM, ...freePort, ATLAS_SHARDS: JSON.stringify({ shards }), ATLAS_CLICKHOUSE_URL };
    const start = (command: string) => {
      const started = new ShellProcess(withoutNpx(withValues(command, { ATLAS_JWT_SECRET })), '.', environment);
      onTestFinished(() => started.stop());
      return started;
    };
    expect(await start(migrate).ended()).toEqual({
      code: 0,
      output: expect.stringMatching(/^ClickHouse: up to date\.$/m),
    });
    start(replicate);
    const [, url = ''] = await start(serve).says(/"url":"(http:\/\/[^/"]+)/);
    await healthy(url, 'replication');
    expect(await deployment.ask(url, '{ entities { totalCount } }')).toMatchObject({
      data: { entities: { totalCount: 0 } },
    });
    const printSdl = commandsIn(blocksUnder('docs/gateways.md', '## Four gateways', 'sh')[0])[0] ?? '';
    const [verified, printed] = await Promise.all(
      [verify, printSdl.replace(/ > .*/, '')].map((command) => start(command).ended()),
    );
    expect(verified).toEqual({ code: 0, output: expect.stringMatching(/^s1 .* equal$/m) });
    expect(printed).toEqual({ code: 0, output: expect.stringMatching(/^type Entity\b/m) });
  });

  it('serve rejects a replica of another shard', async () => {
    const { placement, shards } = parseShards(deployment.stores.environment('serve').ATLAS_SHARDS);
    const swapped = shards.map((shard, index) => ({ ...shard, replicas: shards[1 - index]?.replicas }));
    // A replica that has not received the schema yet cannot be identified.
    await vi.waitFor(
      async () => {
        const { code, output } = await deployment.run('serve', {
          ATLAS_SHARDS: JSON.stringify({ placement, shards: swapped }),
        });
        // Both are wrong; which one answers first is open.
        expect(output).toMatch(
          /^The replica of shard s(0 in ATLAS_SHARDS is a server of shard s1|1 in ATLAS_SHARDS is a server of shard s0); correct its URL\.$/m,
        );
        expect(code).toBe(1);
      },
      { timeout: 10_000 },
    );
  });

  describe('once serve and replicate run', () => {
    let serve: RunningAtlas;
    let replicate: RunningAtlas;

    beforeAll(async () => {
      [serve, replicate] = await Promise.all([deployment.start('serve'), deployment.start('replicate')]);
    });

    it('becomes ready and healthy according to both processes', async () => {
      for (const { url } of [serve, replicate]) {
        await healthy(url, 'ready');
        await healthy(url, 'replication');
      }
    });

    it.each(['serve', 'replicate'])(
      'doctor finds nothing that does not work, with the settings of %s',
      async (service) => {
        const { code, output } = await deployment.run('doctor --json', deployment.stores.environment(service));
        const { checks, verdict } = JSON.parse(output) as Examination;
        expect(checks.flatMap(({ findings }) => findings.filter((finding) => finding.verdict === 'fail'))).toEqual([]);
        expect(verdict).not.toBe('fail');
        expect(code).toBe(0);
        const found = checks.flatMap(({ findings }) => findings.map(({ message }) => message)).join('\n');
        expect(found).toMatch(/^The primary of shard s1 gives its role what (serve|replicate) needs\.$/m);
        expect(found).toMatch(/^ClickHouse has all migrations, and belongs to this installation\.$/m);
        expect(found).toMatch(/^The copy of shard s1 in ClickHouse is .* behind\.$/m);
        expect(found).toMatch(/^The slot atlas_catalog_s1 on the primary of shard s0 retains .*\.$/m);
        expect(found).toMatch(/^The disk default of ClickHouse has .* free[.;]/m);
      },
    );

    it('rejects requests without a valid token that names a tenant', async () => {
      const codes = async (headers: Record<string, string>) => {
        const { errors } = await postGraphQL(serve.url, '{ attributeDefinitions { totalCount } }', {}, headers);
        return errors.map(({ extensions }) => extensions.code);
      };
      expect(await codes({})).toEqual(['UNAUTHENTICATED']);
      expect(await codes({ 'x-tenant-id': String(TENANT) })).toEqual(['UNAUTHENTICATED']);
      const foreign = await deployment.bearer({ tenant: TENANT }, 'another secret of 32 characters!');
      expect(await codes({ authorization: foreign })).toEqual(['UNAUTHENTICATED']);
      expect(await codes({ authorization: await deployment.bearer({}) })).toEqual(['TENANT_REQUIRED']);
    });

    it('writes entities to both shards, reads them from a replica, and counts them in ClickHouse', async () => {
      await definePlayers(deployment, serve.url);
      expect(await setScores(deployment, serve.url, 1)).toEqual(PLAYERS.map(() => 'CREATED'));
      await vi.waitFor(async () => {
        const { data, headers } = await scoresOf(deployment, serve.url, PLAYERS, 'INTERACTIVE');
        expect(data?.entitiesById).toEqual(PLAYERS.map(() => ({ number: 1 })));
        expect(headers.get('x-data-source')).toBe('replica');
      }, 10_000);
      await countedInClickHouse(deployment, serve.url, 1);
    });

    it('sends the trace of each request to a collector, down to the statements, without any value', async () => {
      const receiver = new OtlpReceiver();
      onTestFinished(() => receiver.stop());
      const traced = await deployment.start('serve', {
        ...{ ATLAS_OTLP_URL: await receiver.start(), ATLAS_SLOW_REQUEST_MS: '1', ATLAS_DRAIN_MS: '0' },
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      });
      await healthy(traced.url, 'replication');
      const score = 987_654.25;
      const { data } = await deployment.ask<{ read: { type: string } | null; analytics: { count: unknown } }>(
        traced.url,
        `query Traced($id: ID!, $score: Float!) {
          read: entity(id: $id, freshness: { class: REALTIME }) { type }
          analytics { count(filter: { attributes: [{ key: "score", number: { eq: $score } }] }, freshness: { class: BATCH }) { count } }
        }`,
        { id: PLAYERS[0], score },
      );
      expect(data?.read).toEqual({ type: 'player' });
      await terminated(traced);
      const [http] = receiver.named('POST /graphql');
      expect(http?.resource).toMatchObject({ 'service.name': 'atlas-serve', 'deployment.environment.name': 'test' });
      const [operation] = receiver.below(http);
      expect(operation?.name).toBe('query Traced');
      const reads = receiver.below(operation);
      expect(reads.map((read) => [read.name, read.attributes['atlas.source']]).sort()).toEqual([
        ['read count', 'CLICKHOUSE'],
        ['read entitiesById', 'PRIMARY'],
      ]);
      const statementsOf = (read: string) =>
        receiver.named(read).flatMap((span) => receiver.below(span).flatMap((attempt) => receiver.below(attempt)));
      expect(statementsOf('read entitiesById')).toMatchObject([
        {
          kind: 'client',
          attributes: {
            'db.system.name': 'postgresql',
            'db.query.text': expect.stringContaining('$1'),
            'db.response.returned_rows': expect.any(Number),
            'server.address': expect.any(String),
            'server.port': expect.any(Number),
            'atlas.server.role': 'primary',
          },
        },
      ]);
      const analytics = statementsOf('read count');
      expect(analytics.length).toBeGreaterThanOrEqual(3);
      for (const span of analytics) expect(span.attributes['db.system.name']).toBe('clickhouse');
      expect(new Set(receiver.spans.filter(({ trace }) => trace === http?.trace).map(({ id }) => id)).size).toBe(
        receiver.spans.length,
      );
      expect(JSON.stringify(receiver.spans)).not.toContain(String(score));
      const line = traced.atlas.output.split('\n').find((text) => text.includes('a slow request')) ?? '{}';
      expect(JSON.parse(line)).toMatchObject({ trace_id: http?.trace, operation: 'Traced', tenant: TENANT });
      expect(line).not.toContain(String(score));
    });

    it('shows its metrics', async () => {
      expect(await metrics(serve.url)).toMatch(/^atlas_reads_total\{source="CLICKHOUSE",.*\} [1-9]/m);
      const replicating = await metrics(replicate.url);
      expect(replicating).toMatch(/^atlas_replicator_rows_total\{shard="s1",table="entity"\} [1-9]/m);
      expect(replicating).toMatch(/^atlas_replicator_batch_rows_sum\{shard="s1"\} [1-9]/m);
      const [, writtenUntil] =
        /^atlas_replicator_watermark_timestamp_seconds\{shard="s1"\} (\S+)$/m.exec(replicating) ?? [];
      expect(Math.abs(Date.now() / 1_000 - Number(writtenUntil))).toBeLessThan(60);
      expect(replicating).toMatch(/^atlas_slot_spilled_bytes_total\{shard="s0",slot="atlas_cdc"\} \d/m);
      expect(replicating).toMatch(/^atlas_source_health\{shard="s0",source="CLICKHOUSE",replica=""\} 2$/m);
    });

    it('continues with a second replicate when the first is killed', async () => {
      const standby = await deployment.start('replicate');
      await phaseBecomes(standby.url, 's0', 'standby');
      await phaseBecomes(replicate.url, 's0', 'streaming');
      replicate.atlas.signal('SIGKILL');
      await replicate.atlas.exit();
      await setScores(deployment, serve.url, 2);
      await countedInClickHouse(deployment, serve.url, 2);
      await healthy(standby.url, 'replication');
      replicate = standby;
    });

    it('reports that no replicate is running, and continues where the last one stopped', async () => {
      expect(await terminated(replicate)).toBe(0);
      await setScores(deployment, serve.url, 3);
      const down = { status: 'down', lag_messages: null };
      await vi.waitFor(
        async () =>
          expect(await health(serve.url, 'replication')).toMatchObject({
            status: 503,
            body: { overall_status: 'down', components: { change_stream: down } },
          }),
        { timeout: 5_000 },
      );
      replicate = await deployment.start('replicate');
      await countedInClickHouse(deployment, serve.url, 3);
    });

    it('exits with 0 on SIGTERM', async () => {
      expect(await Promise.all([terminated(serve), terminated(replicate)])).toEqual([0, 0]);
    });

    it('doctor misses the reader of the slots, and exits with 1', async () => {
      const { code, output } = await deployment.run('doctor');
      for (const shard of ['s0', 's1']) {
        expect(output).toContain(`fail: The slot atlas_cdc on the primary of shard ${shard} has no reader`);
      }
      expect(output).toMatch(/^ok {4}connections$/m);
      expect(code).toBe(1);
    });
  });

  describe('while the primary of s0, the home of the catalog, is down', () => {
    let serve: RunningAtlas;
    let replicate: RunningAtlas;
    const playersOn = (shard: string) => {
      const { placement, shards } = parseShards(deployment.stores.environment('serve').ATLAS_SHARDS);
      return new ShardMap(shards, placement).group(PLAYERS, (id) => id).get(shard) ?? [];
    };

    beforeAll(async () => {
      await deployment.stores.clusters.get('s0')?.primary.stop();
      // Serving is ready as soon as the entities of s1 are; replicate waits for longer than this test lasts.
      const limited = deployment.start('serve', { ATLAS_READY_START_LIMIT_MS: '0' });
      [serve, replicate] = await Promise.all([limited, deployment.start('replicate')]);
    });

    it('serve and replicate start and report what is missing', async () => {
      await phaseBecomes(replicate.url, 's0', 'retrying');
      expect(await health(serve.url, 'live')).toMatchObject({ status: 200 });
      const missing = ['the primary of shard s0 does not answer'];
      const reports = async (url: string, what: 'ready' | 'ready?strict', status: number, body: object) =>
        vi.waitFor(async () => expect(await health(url, what)).toEqual({ status, body }), { timeout: 5_000 });
      await reports(serve.url, 'ready', 200, { status: 'ready', missing });
      await reports(serve.url, 'ready?strict', 503, { status: 'not ready', missing });
      await reports(replicate.url, 'ready', 503, { status: 'not ready', missing });
    });

    it('serves the entities of the other shard', async () => {
      const alive = playersOn('s1');
      const { data, errors } = await scoresOf(deployment, serve.url, alive);
      expect(errors).toEqual([]);
      expect(data?.entitiesById).toEqual(alive.map(() => ({ number: 3 })));
      const lost = await scoresOf(deployment, serve.url, playersOn('s0'));
      expect(new Set(lost.errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['SHARD_UNAVAILABLE']));
    });

    it('serves and replicates all entities once the primary is back', async () => {
      await deployment.stores.clusters.get('s0')?.primary.start();
      await healthy(serve.url, 'ready?strict');
      await healthy(replicate.url, 'ready');
      expect(await setScores(deployment, serve.url, 4)).toEqual(PLAYERS.map(() => 'UPDATED'));
      await countedInClickHouse(deployment, serve.url, 4);
      expect(await Promise.all([terminated(serve), terminated(replicate)])).toEqual([0, 0]);
    });
  });
});
