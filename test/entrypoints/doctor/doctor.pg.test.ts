import { readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { examineConfig } from '../../../src/config/examine-config.ts';
import { type Examination, examine } from '../../../src/entrypoints/doctor/examination.ts';
import { openPatient } from '../../../src/entrypoints/doctor/open-patient.ts';
import { report } from '../../../src/entrypoints/doctor/report.ts';
import { Lifecycle } from '../../../src/lifecycle/lifecycle.ts';
import { migrateShards } from '../../../src/migration/migrate-shards.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { postgresQuery } from '../../support/postgres-query.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';

const logger = createLogger('silent');
const PASSWORD = 'a-password-that-nobody-sees';

let cluster: TestCluster;
let login: (role: string, password?: string) => string;

beforeAll(async () => {
  cluster = await startPostgresCluster({ replica: true, migrated: false });
  await migrateShards(
    { shards: [cluster.endpoints], placement: { kind: 'hash' } },
    { connectTimeoutMs: 5_000, logger, passwords: { atlas_serve: PASSWORD, atlas_replicate: PASSWORD } },
  );
  const replayed = 'SELECT count(*) AS rows FROM atlas.shard WHERE heartbeat_at IS NOT NULL';
  await onPrimary(
    'UPDATE atlas.shard SET heartbeat_at = clock_timestamp(), heartbeat_lsn = pg_current_wal_insert_lsn()',
  );
  await vi.waitFor(async () => expect(await postgresQuery(replica(), replayed)).toEqual([{ rows: '1' }]), 20_000);
  login = (role, password = PASSWORD) => {
    const url = new URL(cluster.endpoints.primary);
    url.username = role;
    url.password = password;
    return url.href;
  };
}, 120_000);
afterAll(() => cluster?.stop());

const replica = () => cluster.endpoints.replicas[0] ?? '';
const onPrimary = (text: string) => postgresQuery(cluster.endpoints.primary, text);

async function examined(environment: Record<string, string> = {}, changes: object = {}): Promise<Examination> {
  const ATLAS_SHARDS = JSON.stringify({ shards: [{ ...cluster.endpoints, ...changes }] });
  const lifecycle = new Lifecycle();
  try {
    return await examine(await openPatient(examineConfig({ ATLAS_SHARDS, ...environment }), lifecycle, logger));
  } finally {
    await lifecycle.stop();
  }
}

/** The messages of one check that are not ok, each with its verdict. */
const faults = ({ checks }: Examination, of: string) =>
  checks
    .filter(({ check }) => check === of)
    .flatMap(({ findings }) => findings.filter(({ verdict }) => verdict !== 'ok'))
    .map(({ verdict, message }) => `${verdict}: ${message}`);

describe('the examination of a shard', { timeout: 60_000 }, () => {
  it('finds nothing wrong where nothing is, and shows it in a line for each check', async () => {
    const found = await examined();
    expect(found.checks.map(({ check }) => check)).toEqual([
      ...[
        'configuration',
        'connections',
        'versions',
        'rights',
        'migrations',
        'replication slots',
        'lag',
        'clocks',
        'disk',
      ],
    ]);
    // There is no ClickHouse here.
    expect(found.checks.flatMap(({ check }) => faults(found, check))).toEqual([
      expect.stringMatching(/^warn: ATLAS_CLICKHOUSE_URL is not set/),
    ]);
    expect(found.verdict).toBe('warn');
    const text = report(found, { all: false });
    expect(text).toMatch(
      /^warn {2}configuration\n {6}warn: ATLAS_CLICKHOUSE_URL .*\nok {4}connections\nok {4}versions\n/,
    );
    expect(text).toMatch(/\n\d+ findings: \d+ ok, 1 warn, 0 fail\n$/);
    expect(report(found, { all: true })).toMatch(/ok: The replica of shard s0 is \d+ ms behind\./);
  });

  it('names faults of the settings, and examines with the others', async () => {
    const found = await examined({ ATLAS_PROT: '1', ATLAS_POOL_SIZE: 'many' });
    expect(faults(found, 'configuration')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^fail: ATLAS_PROT/),
        expect.stringMatching(/^fail: ATLAS_POOL_SIZE/),
      ]),
    );
    expect(faults(found, 'connections')).toEqual([]);
    expect(found.checks.map(({ check }) => check)).toContain('disk');
  });

  it('writes to the archive of the history, and leaves nothing there', async () => {
    const directory = temporaryDirectory('archive');
    const archive = (found: Examination) => found.checks.find(({ check }) => check === 'archive of the history');
    const works = await examined({ ATLAS_HISTORY_ARCHIVE: directory });
    expect(archive(works)?.findings).toEqual([
      { verdict: 'ok', message: `The archive of the history (${directory}) can be written and read.` },
    ]);
    expect(readdirSync(directory)).toEqual([]);
    rmSync(directory, { recursive: true });
    expect(faults(await examined({ ATLAS_HISTORY_ARCHIVE: directory }), 'archive of the history')).toEqual([
      `fail: The archive of the history cannot be written, read or emptied: There is no directory ${directory}. No change is removed meanwhile.`,
    ]);
  });

  it('says which servers it cannot examine, and examines the others', async () => {
    const found = await examined({}, { primary: login('atlas_serve', 'not-the-secret') });
    expect(faults(found, 'connections')).toEqual([
      expect.stringMatching(
        /^fail: The primary of shard s0 \(atlas_serve@\S+\) refuses the password, .*ATLAS_SERVE_PASSWORD/,
      ),
    ]);
    expect(found.checks.map(({ check }) => check)).toEqual(expect.arrayContaining(['versions', 'clocks']));
    expect(found.verdict).toBe('fail');
    for (const secret of ['not-the-secret', PASSWORD, new URL(replica()).password]) {
      expect(report(found, { all: true }) + JSON.stringify(found)).not.toContain(`:${secret}`);
    }
  });

  it('sees a primary that is a standby', async () => {
    const found = await examined({}, { primary: replica(), replicas: [] });
    expect(faults(found, 'connections')).toEqual([expect.stringMatching(/^fail: .* is a standby; promote it/)]);
    expect(faults(found, 'configuration')).toContainEqual(expect.stringMatching(/^warn: Without a replica: s0/));
  });

  it('sees a primary that is listed as a replica', async () => {
    const found = await examined({}, { replicas: [cluster.endpoints.primary] });
    expect(faults(found, 'lag')).toEqual([expect.stringMatching(/^fail: The replica of shard s0 is no standby/)]);
  });

  it('names the rights that a role lacks', async () => {
    await onPrimary('REVOKE INSERT ON atlas.audit FROM atlas_serve');
    try {
      const fault =
        /^fail: The primary of shard s0 does not give the role atlas_serve .* GRANT INSERT ON atlas\.audit to it \(for serve\)\.$/;
      expect(faults(await examined(), 'rights')).toEqual([expect.stringMatching(fault)]);
      // As the roles themselves log in.
      expect(faults(await examined({}, { primary: login('atlas_serve') }), 'rights')).toEqual([
        expect.stringMatching(fault),
      ]);
      expect(faults(await examined({}, { primary: login('atlas_replicate') }), 'rights')).toEqual([]);
    } finally {
      await onPrimary('GRANT INSERT ON atlas.audit TO atlas_serve');
    }
  });

  it('names the migrations that are missing', async () => {
    const [last] = await onPrimary(
      'DELETE FROM atlas.schema_migration WHERE number = (SELECT max(number) FROM atlas.schema_migration) RETURNING *',
    );
    const { number, name, sha256 } = last as { number: number; name: string; sha256: string };
    try {
      const found = await examined();
      expect(faults(found, 'migrations')).toEqual([
        `fail: The primary of shard s0 lacks 1 migration, ${name}; run "atlas migrate".`,
      ]);
    } finally {
      await onPrimary(
        `INSERT INTO atlas.schema_migration (number, name, sha256) VALUES (${number}, '${name}', '${sha256}')`,
      );
    }
  });

  it('sees slots that nobody reads', async () => {
    await onPrimary("SELECT pg_create_physical_replication_slot('left_behind', true)");
    try {
      expect(faults(await examined(), 'replication slots')).toEqual([
        expect.stringMatching(
          /^warn: The slot left_behind on the primary of shard s0 has no reader and retains .*; start its replica, or drop the slot/,
        ),
      ]);
    } finally {
      await onPrimary("SELECT pg_drop_replication_slot('left_behind')");
    }
  });

  it('sees a replica that does not replay, and heartbeats that nobody writes', async () => {
    await postgresQuery(replica(), 'SELECT pg_wal_replay_pause()');
    await onPrimary(
      "UPDATE atlas.shard SET heartbeat_at = clock_timestamp() - interval '1 minute' + interval '3 days'",
    );
    try {
      expect(faults(await examined(), 'lag')).toEqual([
        expect.stringMatching(/^fail: The replica of shard s0 has paused its replay; SELECT pg_wal_replay_resume/),
        expect.stringMatching(/^warn: The replica of shard s0 is \d+ s behind, more than .*; read its log\.$/),
      ]);
    } finally {
      await postgresQuery(replica(), 'SELECT pg_wal_replay_resume()');
      await onPrimary("UPDATE atlas.shard SET heartbeat_at = clock_timestamp() - interval '1 minute'");
    }
    expect(faults(await examined(), 'lag')).toContainEqual(
      expect.stringMatching(
        /^warn: The newest heartbeat of the primary of shard s0 is 6\d(\.\d)? s old, .*start "atlas serve"/,
      ),
    );
  });

  it('sees a replica that has stopped', async () => {
    await cluster.replica?.stop();
    const found = await examined();
    expect(faults(found, 'connections')).toEqual([
      expect.stringMatching(
        /^fail: The replica of shard s0 \(\S+\) cannot be reached: nothing listens there .*; start it/,
      ),
    ]);
    expect(faults(found, 'replication slots')).toEqual([
      expect.stringMatching(/^warn: The slot replica on the primary of shard s0 has no reader/),
    ]);
    await cluster.replica?.start();
  });
});

it('an examination goes on after a check that fails', async () => {
  const lifecycle = new Lifecycle();
  const patient = await openPatient(examineConfig({ ATLAS_HOME: '/nowhere' }), lifecycle, logger);
  const { checks, verdict } = await examine(patient, [
    { title: 'broken', examine: () => Promise.reject(new Error('it broke.')) },
    { title: 'good', examine: async () => [{ verdict: 'ok', message: 'It is good.' }] },
    { title: 'nothing to examine', examine: async () => [] },
  ]);
  expect(checks).toEqual([
    { check: 'broken', findings: [{ verdict: 'fail', message: 'This could not be examined: it broke.' }] },
    { check: 'good', findings: [{ verdict: 'ok', message: 'It is good.' }] },
  ]);
  expect(verdict).toBe('fail');
  // Others may run on this machine.
  const faults = patient.faults.filter((fault) => !fault.startsWith('"atlas dev" runs in '));
  expect(faults).toEqual([expect.stringMatching(/^ATLAS_SHARDS is not set, and no "atlas dev" runs in \/nowhere/)]);
  await lifecycle.stop();
});
