import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { servePage } from '../../examples/frontend/serve.ts';
import { userClient } from '../../examples/frontend/src/users.ts';
import { AtlasProcess, startAtlasDev } from '../support/atlas-process.ts';
import { CHROMIUM, openChromium } from '../support/chromium.ts';
import {
  blocksUnder,
  checkout,
  commandsIn,
  runInShell,
  ShellProcess,
  withoutNpx,
} from '../support/documented-commands.ts';
import { processesIn } from '../support/processes-in.ts';
import { temporaryDirectory } from '../support/run-directory.ts';
import { loggedStatements } from '../support/statement-log.ts';

const ACTIVE_US_ABOVE_80 = `entities(
  type: "user"
  filter: { attributes: [
    { key: "status", text: { eq: "active" } }
    { key: "country", text: { eq: "US" } }
    { key: "score", number: { gt: 80 } }
  ] }
  orderBy: [{ attribute: "score", direction: DESC }]
  first: 1000
)`;

interface Page {
  readonly entities: {
    readonly totalCount: number;
    readonly edges: readonly {
      readonly node: { readonly id: string; readonly status: string; readonly country: string; readonly score: number };
    }[];
  };
}
interface ScoreByCountry {
  readonly analytics: {
    readonly distribution: {
      readonly groups: readonly {
        readonly value: string;
        readonly buckets: readonly { bucket: number; count: number }[];
      }[];
      readonly freshness: { readonly source: string };
    };
  };
}

let interrupted: AtlasProcess;
let exitCode: number | null;
let leftBehind: unknown;
let atlas: AtlasProcess;

beforeAll(async () => {
  const home = temporaryDirectory('sample');
  interrupted = new AtlasProcess(['dev'], home);
  await interrupted.says('Loading the sample data');
  await vi.waitFor(async () => expect(await entitiesOn(interrupted.stack.shards[0]?.primary)).toBeGreaterThan(0), {
    timeout: 20_000,
    interval: 20,
  });
  exitCode = await interrupted.interrupt();
  leftBehind = processesIn(home);
  atlas = await startAtlasDev(home, [], { ATLAS_STATEMENT_TIMEOUT_MS: '30000', ATLAS_MERGE_LEAST_COST: '0' });
}, 120_000);

afterAll(() => atlas?.destroy());

async function entitiesOn(connectionString = ''): Promise<number> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<{ entities: number }>('SELECT count(*)::integer AS entities FROM atlas.entity');
  await client.end();
  return rows[0]?.entities ?? 0;
}

const askScoreByCountry = (freshness: string) =>
  atlas.graphql<ScoreByCountry>(
    `{ analytics { distribution(attribute: "score", groupBy: "country", min: 0, max: 100, buckets: 10, type: "user", freshness: ${freshness}) {
        groups { value buckets { bucket count } } freshness { source }
      } } }`,
  );

async function scoreByCountry(freshness: string): Promise<ScoreByCountry> {
  const { data, errors } = await askScoreByCountry(freshness);
  if (data === null) throw new Error(JSON.stringify(errors));
  return data;
}

describe('the sample data', () => {
  it('is loaded further at the next start if Ctrl-C stops the load', () => {
    expect(exitCode).toBe(0);
    expect(leftBehind).toEqual([]);
    expect(interrupted.output).toContain('Stopped.');
    expect(interrupted.output).not.toContain('Atlas is ready');
    expect(interrupted.output).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
    expect(atlas.output).toContain('Loading the sample data');
    expect(atlas.output).not.toMatch(/warning/i);
  });

  it.each([
    ['user', 20_000],
    ['movie', 3_201],
    ['airport', 3_376],
    ['car', 406],
    ['penguin', 344],
    ['birdstrike', 10_000],
    ['earthquake', 1_707],
  ])('has every %s', async (type, count) => {
    const { data, errors } = await atlas.graphql<{ analytics: { count: { count: number } } }>(
      'query ($type: String) { analytics { count(type: $type, freshness: { class: REALTIME }) { count } } }',
      { type },
    );
    expect(errors).toEqual([]);
    expect(data?.analytics.count.count).toBe(count);
  });

  it('keeps the real values of a real movie', async () => {
    const { data } = await atlas.graphql<{ entities: { edges: { node: Record<string, unknown> }[] } }>(
      `{ entities(type: "movie", filter: { attributes: [{ key: "title", text: { eq: "The Matrix" } }] }) {
        edges { node { title imdb: number(key: "imdb_rating") director: text(key: "director") } } } }`,
    );
    expect(data?.entities.edges.map(({ node }) => node)).toEqual([
      { title: 'The Matrix', imdb: 8.7, director: 'Andy Wachowski' },
    ]);
  });
});

describe("the mission's two queries", () => {
  it('find the active users in the US with a score above 80', async () => {
    const { data, errors } = await atlas.graphql<Page>(
      `{ ${ACTIVE_US_ABOVE_80} { totalCount edges { node { id status country score } } } }`,
    );
    expect(errors).toEqual([]);
    const nodes = data?.entities.edges.map(({ node }) => node) ?? [];
    expect(nodes.length).toBeGreaterThan(100);
    expect(nodes.length).toBe(data?.entities.totalCount);
    expect(nodes.every(({ status, country, score }) => status === 'active' && country === 'US' && score > 80)).toBe(
      true,
    );
    const scores = nodes.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it('return the distribution of score by country, the same from ClickHouse, replicas and primaries', async () => {
    await vi.waitFor(
      async () =>
        expect(await scoreByCountry('{ class: ANALYTICAL, fallback: FAIL }')).toMatchObject({
          analytics: { distribution: { freshness: { source: 'CLICKHOUSE' } } },
        }),
      { timeout: 20_000 },
    );
    const clickhouse = (await scoreByCountry('{ class: ANALYTICAL, fallback: FAIL }')).analytics.distribution;
    const replica = (await scoreByCountry('{ class: INTERACTIVE, fallback: FAIL }')).analytics.distribution;
    const primary = (await scoreByCountry('{ class: REALTIME }')).analytics.distribution;
    expect(clickhouse.groups.length).toBeGreaterThan(10);
    expect(clickhouse.groups).toEqual(primary.groups);
    expect(replica.groups).toEqual(primary.groups);
    expect([clickhouse, replica, primary].map(({ freshness }) => freshness.source)).toEqual([
      'CLICKHOUSE',
      'REPLICA',
      'PRIMARY',
    ]);
  });

  it('are explained with the plan of the source that answers', async () => {
    const plans = async (freshness: string) => {
      const query = `{ analytics { count(type: "user", freshness: ${freshness}) { count } } }`;
      const { extensions } = await atlas.graphql(query, {}, { 'x-atlas-explain': 'true' });
      const { reads } = extensions.explain as { reads: { source: string; statement: string; plan: string[] }[] };
      return reads.map(({ source, statement, plan }) => [source, statement.length > 0, plan.join('\n')]);
    };
    expect(await plans('{ class: ANALYTICAL, fallback: FAIL }')).toEqual([
      ['CLICKHOUSE', true, expect.stringContaining('ReadFromMergeTree')],
    ]);
    expect(await plans('{ class: INTERACTIVE, fallback: FAIL }')).toEqual(
      ['s0', 's1'].map(() => ['REPLICA', true, expect.stringMatching(/Scan.* on entity_p\d/)]),
    );
  });

  it('are answered for this very moment by the primaries for what has changed, and by ClickHouse for all else', async () => {
    const primary = (await scoreByCountry('{ class: REALTIME }')).analytics.distribution;
    const { data, headers, extensions } = await askScoreByCountry(
      '{ class: ANALYTICAL, maxLagMs: 0, fallback: PRIMARY }',
    );
    expect(data?.analytics.distribution).toEqual({ groups: primary.groups, freshness: { source: 'PRIMARY' } });
    const [server, others] = [
      { source: 'PRIMARY', fellBack: true, reason: 'LAG_EXCEEDED', lagMs: 0, stale: false },
      { source: 'CLICKHOUSE', fellBack: false, reason: 'WITHIN_BOUND', lagMs: 0, stale: false },
    ];
    expect(extensions).toMatchObject({
      freshness: {
        ...{ maxLagMs: 0, servedClass: 'REALTIME' },
        reads: [
          { shard: 's0', ...server },
          { shard: 's0', ...others },
          { shard: 's1', ...server },
          { shard: 's1', ...others },
        ],
      },
    });
    expect(headers.get('x-data-source')).toBe('primary, clickhouse');
  });
});

describe('a search of the movies', () => {
  interface Found {
    readonly edges: { rank: number; node: { id: string; title: string } }[];
    readonly pageInfo: { endCursor: string };
    readonly freshness: { source: string };
  }
  const search = async (freshness: string, given = 'first: 5') => {
    const { data, errors } = await atlas.graphql<{ search: Found }>(
      `{ search(text: "the star*", type: "movie", ${given}, freshness: ${freshness}) {
        edges { rank node { id title } } pageInfo { endCursor } freshness { source } } }`,
    );
    expect(errors).toEqual([]);
    return data?.search ?? { edges: [], pageInfo: { endCursor: '' }, freshness: { source: '' } };
  };
  const SOURCES = [
    ['CLICKHOUSE', '{ class: ANALYTICAL, fallback: FAIL }'],
    ['REPLICA', '{ class: INTERACTIVE, fallback: FAIL }'],
    ['PRIMARY', '{ class: REALTIME }'],
  ] as const;

  it('finds and ranks the same on every source, also for the page after one of another source', async () => {
    const all = await search('{ class: REALTIME }', 'first: 10');
    expect(all.edges).toHaveLength(10);
    const { pageInfo } = await search('{ class: ANALYTICAL, fallback: FAIL }');
    for (const [source, freshness] of SOURCES) {
      const first = await search(freshness);
      expect([first.freshness.source, first.edges]).toEqual([source, all.edges.slice(0, 5)]);
      const second = await search(freshness, `first: 5, after: "${pageInfo.endCursor}"`);
      expect([second.freshness.source, second.edges]).toEqual([source, all.edges.slice(5)]);
    }
  });
});

/** A documented text, for the server of this test. */
const here = (text: string): string => text.replaceAll(/(http:\/\/)?(localhost|127\.0\.0\.1):4000/g, atlas.stack.http);

describe('the README', () => {
  const block = (language: string): string => blocksUnder('README.md', '## A first query', language)[0];

  it('has a first command that returns the printed answer', () => {
    const printed = JSON.parse(block('json').replace('[ … ]', '[]')) as { data: Page };
    const answered = JSON.parse(execFileSync('sh', ['-c', here(block('sh'))], { encoding: 'utf8' })) as { data: Page };
    expect(answered.data).toEqual({
      entities: {
        ...printed.data.entities,
        freshness: { source: expect.any(String), lagMs: expect.any(Number), reason: expect.any(String) },
      },
    });
  });

  it('has a second query that ClickHouse answers', async () => {
    const { data, errors } = await atlas.graphql<ScoreByCountry>(block('graphql'));
    expect(errors).toEqual([]);
    expect(data?.analytics.distribution.groups.length).toBeGreaterThan(10);
  });
});

describe('500 mixed entities in one query', () => {
  it('are one statement per shard, whatever mix of attribute fields is selected', async () => {
    const ids = [
      ...Array.from({ length: 100 }, (_, index) => String(index + 1)),
      ...Array.from({ length: 100 }, (_, index) => String(100_001 + index)),
      ...Array.from({ length: 100 }, (_, index) => String(200_001 + index)),
      ...Array.from({ length: 100 }, (_, index) => String(600_001 + index)),
      ...Array.from({ length: 100 }, (_, index) => String(900_000_001 + index)),
    ];
    const query = `query ($ids: [ID!]!) { entitiesById(ids: $ids) {
      id type version title score lastSeen
      status: text(key: "status") name: attribute(key: "name") { key type updatedAt }
      some: attributes(keys: ["country", "email", "year"]) { key }
      attributes { key ... on TextAttribute { text } ... on NumberAttribute { number } }
      preferences: json(key: "preferences")
      freshness { source lagMs shard }
    } }`;
    await atlas.graphql(query, { ids });
    let found: (object | null)[] = [];
    const statements = await loggedStatements(atlas.home, atlas.stack.shards, async () => {
      const { data, errors } = await atlas.graphql<{ entitiesById: (object | null)[] }>(query, { ids });
      expect(errors).toEqual([]);
      found = data?.entitiesById ?? [];
    });
    expect(found.filter((entity) => entity !== null)).toHaveLength(400);
    expect(found.slice(400)).toEqual(Array.from({ length: 100 }, () => null));
    expect(Object.fromEntries([...statements].map(([server, lines]) => [server, lines.length]))).toEqual({
      's0 primary': 0,
      's0 replica': 1,
      's1 primary': 0,
      's1 replica': 1,
    });
  });

  it('are also one statement per shard as federation references', async () => {
    const representations = Array.from({ length: 500 }, (_, index) => ({
      __typename: 'Entity',
      id: String(index + 1),
    }));
    const query =
      'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Entity { id name score country } } }';
    const statements = await loggedStatements(atlas.home, atlas.stack.shards, async () => {
      const { data } = await atlas.graphql<{ _entities: { id: string }[] }>(query, { representations });
      expect(data?._entities.map(({ id }) => id)).toEqual(representations.map(({ id }) => id));
    });
    expect([...statements.values()].map((lines) => lines.length)).toEqual([0, 1, 0, 1]);
  });
});

describe('a bulk upsert', () => {
  it('appears in analytics, immediately if its token is given', async () => {
    const input = Array.from({ length: 1_000 }, (_, index) => ({
      id: String(5_000_000 + index),
      type: 'sensor',
      attributes: [
        { key: 'room', text: `room ${index % 10}` },
        { key: 'temperature', number: 15 + (index % 20) },
      ],
    }));
    const written = await atlas.graphql<{
      upsertEntities: { results: { status: string }[]; consistencyToken: string };
    }>(
      'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status error { message } } consistencyToken } }',
      { input },
    );
    expect(new Set(written.data?.upsertEntities.results.map(({ status }) => status))).toEqual(new Set(['CREATED']));
    const after = written.data?.upsertEntities.consistencyToken;
    expect(written.headers.get('x-consistency-token')).toBe(after);
    const counted = await atlas.graphql<{
      analytics: { count: { count: number; freshness: { source: string; reason: string } } };
    }>(
      `query ($after: ConsistencyToken) { analytics { count(type: "sensor", freshness: { class: ANALYTICAL, fallback: FAIL, after: $after, maxWaitMs: 10000 }) {
        count freshness { source reason } } } }`,
      { after },
    );
    expect(counted.data?.analytics.count).toEqual({
      count: 1_000,
      freshness: { source: 'CLICKHOUSE', reason: 'WITHIN_BOUND' },
    });
  });
});

describe('a replica', () => {
  const READ = `query ($freshness: FreshnessInput) { entity(id: "1", freshness: $freshness) { name freshness { source reason stale fellBack lagMs } } }`;
  interface Read {
    readonly entity: {
      readonly name: string;
      readonly freshness: { source: string; reason: string; stale: boolean; fellBack: boolean; lagMs: number };
    } | null;
  }
  const read = (freshness: object) => atlas.graphql<Read>(READ, { freshness });

  async function onReplicas<Row extends object>(statement: string): Promise<Row[]> {
    const rows: Row[] = [];
    for (const url of atlas.stack.shards.flatMap(({ replicas }) => replicas)) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      rows.push(...(await client.query<Row>(statement)).rows);
      await client.end();
    }
    return rows;
  }

  it('with paused replay is avoided while it lags, as the fallback says, and used again afterwards', async () => {
    await onReplicas('SELECT pg_wal_replay_pause()');
    try {
      await vi.waitFor(
        async () => {
          const { data } = await read({ class: 'INTERACTIVE', fallback: 'PRIMARY' });
          expect(data?.entity?.freshness).toMatchObject({
            source: 'PRIMARY',
            reason: 'LAG_EXCEEDED',
            fellBack: true,
            stale: false,
          });
        },
        { timeout: 10_000 },
      );

      const failed = await read({ class: 'INTERACTIVE', fallback: 'FAIL' });
      expect(failed.errors.map(({ extensions }) => extensions.code)).toEqual(['FRESHNESS_UNAVAILABLE']);
      expect(failed.data?.entity).toBeNull();

      const stale = await read({ class: 'INTERACTIVE', fallback: 'REPLICA' });
      expect(stale.data?.entity?.freshness).toMatchObject({ source: 'REPLICA', reason: 'LAG_EXCEEDED', stale: true });
      expect(stale.data?.entity?.freshness.lagMs).toBeGreaterThan(1_000);
      expect(Number(stale.headers.get('x-actual-lag-ms'))).toBeGreaterThan(1_000);

      const operational = await read({ class: 'OPERATIONAL' });
      expect(operational.data?.entity?.freshness).toMatchObject({
        source: 'REPLICA',
        reason: 'WITHIN_BOUND',
        stale: false,
      });
    } finally {
      await onReplicas('SELECT pg_wal_replay_resume()');
    }
    await vi.waitFor(
      async () => {
        const { data } = await read({ class: 'INTERACTIVE', fallback: 'PRIMARY' });
        expect(data?.entity?.freshness).toMatchObject({ source: 'REPLICA', reason: 'WITHIN_BOUND', fellBack: false });
      },
      { timeout: 10_000 },
    );
  });

  it('that hangs is abandoned as soon as the probes notice, long before its statements time out', async () => {
    const backends = await onReplicas<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    );
    const postmasters = processesIn(join(atlas.home, 'postgres')).filter(({ command }) =>
      /postgres -D .*replica/.test(command),
    );
    const pids = [...postmasters, ...backends].map(({ pid }) => pid);
    expect(postmasters).toHaveLength(2);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      const { data, errors } = await read({ class: 'INTERACTIVE', fallback: 'PRIMARY' });
      expect(errors).toEqual([]);
      expect(data?.entity?.freshness).toMatchObject({ source: 'PRIMARY', reason: 'SOURCE_DOWN', fellBack: true });
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await vi.waitFor(
      async () => {
        const { data } = await read({ class: 'INTERACTIVE', fallback: 'PRIMARY' });
        expect(data?.entity?.freshness).toMatchObject({ source: 'REPLICA', reason: 'WITHIN_BOUND' });
      },
      { timeout: 15_000 },
    );
  }, 25_000);
});

describe('the first import of docs/importing.md', () => {
  const blocks = (language: string): readonly string[] =>
    blocksUnder('docs/importing.md', '## A first import', language);
  const run = (command: string) => runInShell(here(command), '.', { ATLAS_HOME: atlas.home });

  const [imports = '', asks = '', examines = ''] = blocks('sh');

  it('imports, prints and answers what it says', async () => {
    const [printed = ''] = blocks('text');
    const timeless = (text: string) => text.replace(/ in [\d.]+ s \([\d,]+ per second\)/, '').trim();
    const imported = await run(imports);
    expect({ ...imported, output: timeless(imported.output) }).toEqual({ code: 0, output: timeless(printed) });
    await vi.waitFor(
      async () => expect(JSON.parse((await run(asks)).output)).toMatchObject(JSON.parse(blocks('json')[0] ?? '')),
      { timeout: 10_000, interval: 500 },
    );
  });

  it('finds both stores equal, and everything in order', async () => {
    const [verify, doctor, ...others] = await Promise.all(commandsIn(examines).map(withoutNpx).map(run));
    expect(verify?.output).toMatch(/^s0 +[1-9][\d,]+ +[1-9][\d,]+ +0 +0 +0 +[\d.]+ +equal$/m);
    expect(verify?.output).toMatch(/^s1 +[1-9][\d,]+ +[1-9][\d,]+ +0 +0 +0 +[\d.]+ +equal$/m);
    expect(doctor?.output).toMatch(/^\d+ findings: .* 0 fail$/m);
    expect([verify?.code, doctor?.code, others]).toEqual([0, 0, []]);
  });

  it('shows before an import what it says', async () => {
    const [command = ''] = blocksUnder('docs/importing.md', '## Before an import', 'sh');
    const [printed = ''] = blocksUnder('docs/importing.md', '## Before an import', 'text');
    const { code, output } = await run(command);
    expect({ code, output: output.trim() }).toEqual({ code: 0, output: printed.trim() });
  });

  it('has atlas verify refuse a shard that there is not', async () => {
    const unknown = new AtlasProcess(['verify', '--shard', 's7'], atlas.home);
    expect(await unknown.exit()).toBe(2);
    expect(unknown.output).toContain('There is no shard "s7"; expected one of s0, s1.');
  });
});

describe('the exports of docs/exporting.md', () => {
  let directory: string;
  beforeAll(() => {
    directory = checkout(join(temporaryDirectory('exporting'), 'atlas'));
  });
  afterAll(() => rmSync(dirname(directory), { recursive: true }));

  const blocks = (heading: string, language: string) => blocksUnder('docs/exporting.md', heading, language);
  /** Without what differs between runs, and the progress, which a terminal does not keep. */
  const timeless = (text: string) =>
    text
      .replaceAll(/^Exporting shard .*\n/gm, '')
      .replaceAll(/ in [\d.]+ s \([\d,]+ per second\)/g, '')
      .replaceAll(/lag \d+ ms/g, 'lag')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then')
      .replaceAll(/token: \S+/g, 'token')
      .trim();
  const run = async (command: string) => {
    const { code, output } = await runInShell(command.replaceAll('npx atlas ', 'node bin/atlas.cjs '), directory, {
      ATLAS_HOME: atlas.home,
    });
    return { code, output: timeless(output) };
  };

  it('print what it says, and are read back', async () => {
    const first = blocks('## A first export', 'sh').map((command, index) => ({
      command,
      printed: blocks('## A first export', 'text')[index] ?? '',
    }));
    const [filter = ''] = blocks('## What is exported', 'sh');
    const [filtered = ''] = blocks('## What is exported', 'text');
    for (const { command, printed } of [...first, { command: filter, printed: filtered }]) {
      expect({ command, ...(await run(command)) }).toEqual({ command, code: 0, output: timeless(printed) });
    }
    const [after = ''] = blocks('### After a token', 'sh');
    const [contained = ''] = blocks('### After a token', 'text');
    expect(await run(after)).toEqual({ code: 0, output: timeless(contained) });
    expect(await run('npx atlas import penguins.parquet')).toMatchObject({
      output: expect.stringContaining('344 unchanged, 0 rejected'),
    });
  }, 60_000);

  it.each([
    ['--output none/a.csv', 'There is no directory none'],
    [`--filter '{"attributes":[{"key":"scroe","number":{"gt":1}}]}'`, 'did you mean "score"? (ATTRIBUTE_UNKNOWN)'],
    ['--after x', 'The consistency token is malformed'],
  ])('exit with 2 for %s and say why', async (options, why) => {
    const { code, output } = await run(`npx atlas export ${options}`);
    expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining(why) });
  });

  it('end when their reader does', async () => {
    const { output } = await run('npx atlas export --type user | head -n 1');
    expect(output).toMatch(/^\{"atlas:id":"1".*\}$/);
  });
});

describe('views of a tenant', () => {
  it('are made by the running stack on each shard that has a schema for them', async () => {
    const client = new pg.Client({ connectionString: atlas.stack.shards[1]?.primary ?? '' });
    await client.connect();
    onTestFinished(() => client.end());
    const [statements = ''] = blocksUnder('docs/business-intelligence.md', '## Postgres', 'sql');
    await client.query(statements);
    await vi.waitFor(
      async () => {
        const { rows } = await client.query('SELECT sum(body_mass_g)::float8 AS grams FROM atlas_tenant_1.penguin');
        const direct = `SELECT sum((e.attributes ->> d.attribute_id::text)::float8) AS grams FROM atlas.entity e, atlas.attribute_definition d
          WHERE e.tenant_id = 1 AND e.type = 'penguin' AND d.key = 'body_mass_g' AND d.tenant_id = 1`;
        expect(rows).toEqual((await client.query(direct)).rows);
        expect(rows[0]?.grams).toBeGreaterThan(100_000);
      },
      { timeout: 15_000, interval: 200 },
    );
  }, 20_000);
});

describe('for frontend developers, the documented commands', () => {
  const FIRST_PAGE = ['docs/frontends.md', '## A first page'] as const;
  let directory: string;
  let atlasFolder: string;
  let environment: Record<string, string>;

  beforeAll(() => {
    directory = temporaryDirectory('frontend');
    atlasFolder = checkout(join(directory, 'atlas'));
    environment = { ATLAS_URL: `${atlas.stack.http}/graphql`, PORT: '0' };
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('serve the example, and generate its typed documents, which type-check', async () => {
    const [serve = '', generate = ''] = commandsIn(blocksUnder('examples/frontend/README.md', '# A frontend', 'sh')[0]);
    const page = new ShellProcess(serve, atlasFolder, environment);
    onTestFinished(() => page.stop());
    const [url] = await page.says(/^http:\S+$/m);
    expect(await (await fetch(url)).text()).toContain('<script');

    const folder = 'examples/frontend/src/generated/';
    rmSync(join(atlasFolder, folder), { recursive: true });
    expect(await runInShell(generate, atlasFolder, environment)).toEqual({ code: 0, output: expect.any(String) });
    const generated = (root: string) =>
      readdirSync(join(root, folder)).map((name) => [name, readFileSync(join(root, folder, name), 'utf8')]);
    expect(generated(atlasFolder)).toEqual(generated('.'));
    const types = readFileSync(join(folder, 'graphql.ts'), 'utf8');
    expect(types).toMatch(/type EntityWhere = \{[^}]* score\?: NumberCondition/);
    expect(types).toMatch(/lastSeen: string \| null, updatedAt: string/);
    expect(await runInShell('npx tsc --noEmit -p examples/frontend', '.')).toEqual({ code: 0, output: '' });
  });

  it('lead to a typed answer in a project of its own', async () => {
    const [pack = '', install = '', others = '', generate = '', use = ''] = blocksUnder(...FIRST_PAGE, 'sh').flatMap(
      commandsIn,
    );
    const frontend = join(directory, 'frontend');
    mkdirSync(join(frontend, 'src'), { recursive: true });
    const compilerOptions = {
      strict: true,
      target: 'es2022',
      module: 'esnext',
      moduleResolution: 'bundler',
      skipLibCheck: true,
    };
    const write = (name: string, content: string) => writeFileSync(join(frontend, name), content);
    write('package.json', JSON.stringify({ type: 'module' }));
    write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }));
    write('codegen.ts', blocksUnder('docs/frontends.md', '## Typed documents', 'ts')[0]);
    write('src/users.ts', here(blocksUnder(...FIRST_PAGE, 'ts')[0]));

    expect(await runInShell(pack, atlasFolder)).toEqual({ code: 0, output: expect.any(String) });
    expect(await runInShell(install, frontend)).toEqual({ code: 0, output: expect.any(String) });
    // Tests download nothing: these are in the folder of Atlas already.
    const names = others
      .split(' ')
      .filter((name) => /^[@a-z]/.test(name))
      .slice(2);
    expect(names.length).toBeGreaterThan(3);
    for (const name of [...names.map((one) => one.replace(/(?<=.)@\d+$/, '')), '.bin']) {
      const target = join(frontend, 'node_modules', name);
      mkdirSync(dirname(target), { recursive: true });
      symlinkSync(resolve('node_modules', name), target);
    }
    expect(await runInShell(generate, frontend, environment)).toEqual({ code: 0, output: expect.any(String) });
    const used = await runInShell(use, frontend);
    expect(used).toEqual({
      code: 0,
      output: expect.stringMatching(/^\[ '\w+ \w+', '\w+ \w+' \] (REPLICA|PRIMARY) \d+\n$/),
    });
    expect(await runInShell('npx tsc', frontend)).toEqual({ code: 0, output: '' });
  });
});

describe('the example frontend', () => {
  it('is a page that loads nothing from elsewhere', async () => {
    const page = await servePage(`${atlas.stack.http}/graphql`, 0);
    const text = async (path: string) => (await fetch(new URL(path, page.url))).text();
    const html = await text('/');
    expect([...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path)).toEqual([
      'data:,',
      '/style.css',
      '/main.js',
    ]);
    expect(await text('/style.css')).not.toMatch(/url\(|@import/);
    expect((await text('/main.js')).length).toBeLessThan(30_000);
    expect((await fetch(new URL('/package.json', page.url))).status).toBe(404);
    await page.stop();
  });

  it('lists, filters and counts users, and notices that somebody else has changed one', async () => {
    const page = await servePage(`${atlas.stack.http}/graphql`, 0);
    const [ours, others] = [1, 2].map(() => userClient({ url: `${page.url}graphql` }));
    if (ours === undefined || others === undefined) throw new Error('no clients');
    const selection = { status: ['active'], country: ['US'], minScore: 80 };
    const { users, total, served } = await ours.list(selection, 5, { class: 'INTERACTIVE' });
    expect(users).toHaveLength(5);
    expect(total).toBeGreaterThan(100);
    expect(
      users.every(({ status, country, score }) => status === 'active' && country === 'US' && Number(score) >= 80),
    ).toBe(true);
    expect(served?.reads.length).toBeGreaterThan(0);
    const { facets } = await ours.facets(selection);
    expect(facets.map(({ attribute }) => attribute)).toEqual(['status', 'country']);
    expect(facets[1]?.values.find(({ value }) => value === 'US')?.count).toBe(total);
    expect(facets[1]?.values.length).toBeGreaterThan(1);

    const [user] = users;
    if (user === undefined) throw new Error('no users');
    expect(await others.save(user, { status: 'active', score: 81.5 })).toMatchObject({
      kind: 'saved',
      user: { score: 81.5 },
    });
    const refused = await ours.save(user, { status: 'inactive', score: 82 });
    expect(refused).toMatchObject({ kind: 'conflict', theirs: { id: user.id, score: 81.5 } });
    if (refused.kind !== 'conflict') throw new Error('no conflict');
    expect(await ours.save(refused.theirs, { status: 'active', score: 82 })).toMatchObject({ kind: 'saved' });
    expect(await ours.read(user.id)).toMatchObject({ status: 'active', score: 82 });
    await ours.save((await ours.read(user.id)) ?? user, { status: 'active', score: Number(user.score) });
    await page.stop();
  });

  it.skipIf(CHROMIUM === null)(
    'filters, updates, and settles a conflict in a browser, without a request to another host',
    async () => {
      const site = await servePage(`${atlas.stack.http}/graphql`, 0);
      const browser = await openChromium(CHROMIUM ?? '');
      onTestFinished(async () => {
        await browser.close();
        await site.stop();
      });
      const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
      const hosts = new Set<string>();
      const complaints: string[] = [];
      page.on('request', (request) => void hosts.add(new URL(request.url()).host));
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(site.url);
      const user = page.locator('#users .user').first();
      await user.waitFor();
      const all = await page.locator('#total').textContent();
      const bars = await Promise.all((await page.locator('.bar').all()).map((bar) => bar.boundingBox()));
      expect(new Set(bars.map((box) => Math.round(box?.width ?? 0))).size, 'lengths of bars').toBe(1);
      await page.getByLabel(/^US\d/).check();
      await expect.poll(() => page.locator('#total').textContent()).not.toBe(all);
      await expect.poll(() => user.locator('.country').textContent()).toBe('US');
      await page.locator('#list-freshness summary').click();
      expect(await page.locator('#list-freshness li').allInnerTexts()).toEqual(
        ['s0', 's1'].map((shard) =>
          expect.stringMatching(new RegExp(`^${shard}: (replica|primary) .* of 1\\.0 s \\(interactive\\), `)),
        ),
      );

      await user.click();
      const id = /id (\d+)/.exec((await page.locator('#dialog').textContent()) ?? '')?.[1] ?? '';
      const others = userClient({ url: `${site.url}graphql` });
      const before = await others.read(id);
      if (before === null) throw new Error('no user');
      await others.save(before, { status: 'active', score: 99.5 });
      await page.locator('#edit-score').fill('98.5');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.locator('#dialog', { hasText: 'Somebody else has changed this user: active, 99.5.' }).waitFor();
      await page.getByRole('button', { name: 'Overwrite with mine' }).click();
      await expect.poll(async () => (await others.read(id))?.score).toBe(98.5);

      const changed = await others.read(id);
      if (changed === null) throw new Error('no user');
      await others.save(changed, { status: 'suspended', score: Number(before.score) });
      await expect
        .poll(() => page.locator('#users').textContent(), { timeout: 10_000 })
        .not.toContain(String(before.name));
      await others.save((await others.read(id)) ?? changed, { status: 'active', score: Number(before.score) });
      expect([[...hosts], complaints]).toEqual([[new URL(site.url).host], []]);
    },
  );
});

describe('the next start', () => {
  it('keeps the data and loads nothing again', async () => {
    const http = atlas.stack.http;
    expect(await atlas.interrupt()).toBe(0);
    expect(atlas.published).toBe(false);
    await expect(fetch(http)).rejects.toThrow();
    atlas = await startAtlasDev(atlas.home);
    expect(atlas.output).not.toContain('Loading the sample data');
    const { data } = await atlas.graphql<Page>(`{ ${ACTIVE_US_ABOVE_80} { totalCount } }`);
    expect(data?.entities.totalCount).toBeGreaterThan(100);
  });
});
