import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { AtlasProcess, startAtlasDev } from '../support/atlas-process.ts';
import { processesIn } from '../support/processes-in.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const ROWS = 20_000;
/** A row that another transaction holds, so that the import cannot be complete when it is killed, however late that is. */
const HELD = 15_000;

let atlas: AtlasProcess;
let directory: string;

beforeAll(async () => {
  directory = temporaryDirectory('killed');
  const rows = Array.from({ length: ROWS }, (_, index) =>
    JSON.stringify({
      id: index + 1,
      reading: index,
      room: `room ${index % 100}`,
      ok: index % 7 > 0,
      at: '2026-01-01T00:00:00Z',
    }),
  );
  writeFileSync(join(directory, 'reading.ndjson'), rows.join('\n'));
  atlas = await startAtlasDev(join(directory, 'home'), ['--no-sample']);
});

afterAll(async () => {
  await atlas?.destroy();
  rmSync(directory, { recursive: true, force: true });
});

const startImport = (): AtlasProcess =>
  new AtlasProcess(['import', join(directory, 'reading.ndjson'), '--id-column', 'id'], atlas.home);

/** On every shard, since the row's is not known here. Ends with the servers. */
async function holdRow(): Promise<void> {
  for (const { primary } of atlas.stack.shards) {
    const client = new pg.Client({ connectionString: primary });
    client.on('error', () => {});
    await client.connect();
    await client.query(`BEGIN;
      INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
      VALUES (1, ${HELD}, 'reading', 1, now(), now(), '{}')`);
  }
}

interface Counted {
  readonly analytics: { readonly count: { readonly count: number } };
}

async function count(freshness: string): Promise<number> {
  const { data, errors } = await atlas.graphql<Counted>(
    `{ analytics { count(type: "reading", freshness: ${freshness}) { count } } }`,
  );
  if (data === null) throw new Error(JSON.stringify(errors));
  return data.analytics.count.count;
}

/** All attribute values by key, from the attribute rows of ClickHouse or Postgres. */
async function distribution(freshness: string): Promise<object> {
  const { data, errors } = await atlas.graphql<{ analytics: { distribution: { groups: object } } }>(
    `{ analytics { distribution(attribute: "reading", groupBy: "room", min: 0, max: ${ROWS}, buckets: 20, type: "reading", freshness: ${freshness}) {
      groups { value buckets { bucket count } } } } }`,
  );
  if (data === null) throw new Error(JSON.stringify(errors));
  return data.analytics.distribution.groups;
}

it('loses and duplicates nothing when every process is killed during an import', async () => {
  await holdRow();
  const cut = startImport();
  await vi.waitFor(async () => expect(await count('{ class: REALTIME }')).toBeGreaterThan(ROWS / 10), {
    timeout: 30_000,
    interval: 20,
  });
  const postmasters = processesIn(atlas.home);
  expect(postmasters.length).toBeGreaterThanOrEqual(4);
  for (const { pid } of postmasters) process.kill(pid, 'SIGKILL');
  cut.signal('SIGKILL');
  atlas.signal('SIGKILL');
  await Promise.all([cut.exit(), atlas.exit()]);

  atlas = await startAtlasDev(atlas.home, ['--no-sample']);
  const kept = await count('{ class: REALTIME }');
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(ROWS);

  const resumed = startImport();
  expect(await resumed.exit(), resumed.output).toBe(0);
  const counted = (what: string) =>
    Number(new RegExp(`([0-9,]+) ${what}`).exec(resumed.output)?.[1]?.replaceAll(',', '') ?? 0);
  expect([counted('created'), counted('updated')], resumed.output).toEqual([ROWS - kept, 0]);
  // What was noted as done is skipped, and what had been written since is found unchanged.
  expect(counted('done before') + counted('unchanged')).toBe(kept);

  expect(await count('{ class: REALTIME }')).toBe(ROWS);
  await vi.waitFor(async () => expect(await count('{ class: ANALYTICAL, fallback: FAIL }')).toBe(ROWS), {
    timeout: 20_000,
  });
  expect(await distribution('{ class: ANALYTICAL, fallback: FAIL }')).toEqual(
    await distribution('{ class: REALTIME }'),
  );
}, 120_000);

it('stores attribute rows that agree with the entity rows', async () => {
  for (const { primary } of atlas.stack.shards) {
    const client = new pg.Client({ connectionString: primary });
    await client.connect();
    const { rows } = await client.query<{ entities: string; attributes: string; rows: string }>(
      `SELECT (SELECT count(*) FROM atlas.entity) AS entities,
        (SELECT count(*) FROM atlas.entity, jsonb_object_keys(attributes)) AS attributes,
        (SELECT count(*) FROM atlas.entity_attribute) AS rows`,
    );
    await client.end();
    expect(Number(rows[0]?.entities)).toBeGreaterThan(0);
    expect(rows[0]?.rows).toBe(rows[0]?.attributes);
  }
});

it('changes nothing when the same file is imported again', async () => {
  const again = startImport();
  expect(await again.exit(), again.output).toBe(0);
  expect(again.output).toContain(`0 created, 0 updated, ${ROWS.toLocaleString('en-US')} unchanged`);
});
