import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, describeSettings, loadSettings, parseShards } from '../../src/config/config.ts';
import { historyRetention } from '../../src/config/history-retention.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const shard = (id: string) => ({ id, primary: `postgres://atlas:secret@${id}/atlas` });

function faultsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('the settings', () => {
  it('have valid defaults, if any', () => {
    const settings = loadSettings({});
    expect(settings).toMatchObject({ ATLAS_HOST: '127.0.0.1', ATLAS_PORT: 4000, ATLAS_TRUST_TENANT_HEADER: false });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('treat an empty variable as not set', () => {
    expect(loadSettings({ ATLAS_PORT: '', ATLAS_JWT_SECRET: '' })).toMatchObject({ ATLAS_PORT: 4000 });
  });

  it('let the environment win over the defaults of a command', () => {
    const defaults = { ATLAS_PORT: '5000', ATLAS_HOST: '::' };
    expect(loadSettings({ ATLAS_PORT: '6000' }, defaults)).toMatchObject({ ATLAS_PORT: 6000, ATLAS_HOST: '::' });
  });

  it('take days of history for single tenants, and a place for what is removed', () => {
    const set = (days: string) => loadSettings({ ATLAS_HISTORY_RETENTION_BY_TENANT: days });
    expect(historyRetention(set('{"7": 30, "2147483647": 36500}'))).toEqual({
      days: 400,
      byTenant: new Map([
        [7, 30],
        [2147483647, 36500],
      ]),
    });
    for (const wrong of ['30', '[30]', '{"a": 1}', '{"0": 1}', '{"7": 0}', '{"7": 1.5}', '{"7": "30"}', '{"7": 36501}'])
      expect(faultsOf(() => set(wrong))).toEqual([expect.stringContaining('must be JSON such as {"7": 30}')]);
    expect(faultsOf(() => set('{"2147483648": 1}'))).toHaveLength(1);
    for (const place of ['/archive', 'relative/archive', 's3://my-bucket', 's3://my.bucket/a/prefix/'])
      expect(loadSettings({ ATLAS_HISTORY_ARCHIVE: place }).ATLAS_HISTORY_ARCHIVE).toBe(place);
    for (const place of ['gs://bucket', 's3://', 's3://Bucket', 's3://key:secret@bucket/x', 'file:///archive'])
      expect(faultsOf(() => loadSettings({ ATLAS_HISTORY_ARCHIVE: place }))).toEqual([
        'ATLAS_HISTORY_ARCHIVE: must be a directory, or s3://bucket/prefix without keys.',
      ]);
  });

  it('name the nearest one for one that does not exist, if any is near', () => {
    expect(faultsOf(() => loadSettings({ ATLAS_PROT: '1', ATLAS_LOG_LEVL: 'info', ATLAS_FOO: '1' }))).toEqual([
      'ATLAS_PROT is not a setting; did you mean ATLAS_PORT?',
      'ATLAS_LOG_LEVL is not a setting; did you mean ATLAS_LOG_LEVEL?',
      'ATLAS_FOO is not a setting; "atlas config" lists all settings.',
    ]);
  });

  it('say what a value must be', () => {
    const wrong = {
      ...{ ATLAS_PORT: '70000', ATLAS_TRUST_TENANT_HEADER: 'yes', ATLAS_POOL_SIZE: 'x', ATLAS_DRAIN_MS: '1.5' },
      ...{ ATLAS_MAX_TENANT_REQUESTS: '-1', ATLAS_LOG_LEVEL: 'loud' },
    };
    expect([...faultsOf(() => loadSettings(wrong))].sort()).toEqual([
      'ATLAS_DRAIN_MS: must be a whole number.',
      'ATLAS_LOG_LEVEL: must be one of "trace", "debug", "info", "warn", "error", "fatal", "silent".',
      'ATLAS_MAX_TENANT_REQUESTS: must be more than 0.',
      'ATLAS_POOL_SIZE: must be a number.',
      'ATLAS_PORT: must be at most 65535.',
      'ATLAS_TRUST_TENANT_HEADER: must be one of "true", "false".',
    ]);
  });

  it('relax the bound of no class by default, and never that of REALTIME', () => {
    expect(loadSettings({}).ATLAS_OVERLOAD_RELAX).toEqual([]);
    expect(loadSettings({ ATLAS_OVERLOAD_RELAX: 'BATCH, ANALYTICAL' }).ATLAS_OVERLOAD_RELAX).toEqual([
      'BATCH',
      'ANALYTICAL',
    ]);
    for (const refused of ['REALTIME', 'OPERATIONAL,REALTIME', 'batch']) {
      expect(faultsOf(() => loadSettings({ ATLAS_OVERLOAD_RELAX: refused }))).toEqual([
        'ATLAS_OVERLOAD_RELAX: must list INTERACTIVE, OPERATIONAL, ANALYTICAL or BATCH, separated by commas.',
      ]);
    }
  });

  it('are refused with all their faults together, typing errors included', () => {
    const faults = faultsOf(() =>
      loadSettings({ ATLAS_PROT: '1', ATLAS_PORT: 'x', ATLAS_POOL_SIZE: '0', ATLAS_JWT_SECRET: 'short', HOME: '/' }),
    );
    expect(faults.map((fault) => fault.split(/[: ]/, 1)[0])).toEqual([
      'ATLAS_PROT',
      'ATLAS_PORT',
      'ATLAS_POOL_SIZE',
      'ATLAS_JWT_SECRET',
    ]);
    expect(faults.join()).not.toContain('short');
  });

  it.each(['localhost:8123', 'clickhouse://localhost', 'tcp://localhost:9000'])('refuse %s as ClickHouse', (url) => {
    expect(faultsOf(() => loadSettings({ ATLAS_CLICKHOUSE_URL: url }))).toEqual([
      'ATLAS_CLICKHOUSE_URL: must be an http:// or https:// URL, or several with a space between.',
    ]);
  });

  it('of Kafka belong together', () => {
    const kafka = { ATLAS_CAPTURE: 'kafka', ATLAS_KAFKA_SASL: 'SCRAM-SHA-512', ATLAS_KAFKA_CA: import.meta.filename };
    expect(() => loadSettings(kafka)).toThrow(
      /ATLAS_KAFKA_BROKERS is not set.*\n.*ATLAS_KAFKA_TLS is not true.*\n.*needs ATLAS_KAFKA_USERNAME and ATLAS_KAFKA_PASSWORD/,
    );
    const given = {
      ...{ ...kafka, ATLAS_KAFKA_TLS: 'true', ATLAS_KAFKA_BROKERS: 'a:9092, b:9093' },
      ...{ ATLAS_KAFKA_USERNAME: 'atlas', ATLAS_KAFKA_PASSWORD_FILE: import.meta.filename },
    };
    expect(loadSettings(given).ATLAS_KAFKA_BROKERS).toEqual(['a:9092', 'b:9093']);
    expect(() => loadSettings({ ATLAS_KAFKA_BROKERS: 'a', ATLAS_KAFKA_TOPIC: 'one' })).toThrow(
      /must be host:port, separated by commas(.|\n)*must contain \{shard\}/,
    );
  });

  it('are shown without their secrets', () => {
    const secrets = {
      ATLAS_SHARDS: JSON.stringify({ shards: [shard('s0')] }),
      ATLAS_CLICKHOUSE_URL: 'http://atlas:secret@localhost:8123/atlas',
      ATLAS_JWT_SECRET: 'secret'.repeat(8),
    };
    const shown = describeSettings(loadSettings(secrets));
    expect(shown.map(({ name }) => name)).toEqual(Object.keys(SETTINGS));
    expect(JSON.stringify(shown)).not.toContain('secretsecret');
    expect(shown.filter(({ name }) => name in secrets).map(({ value }) => value)).toEqual(Array(3).fill('********'));
  });
});

describe('ATLAS_SHARDS', () => {
  const directory = temporaryDirectory('config');
  afterAll(() => rmSync(directory, { recursive: true }));

  it('names the key that was probably meant', () => {
    const { primary, ...rest } = shard('s0');
    expect(faultsOf(() => parseShards(JSON.stringify({ shards: [{ ...rest, primry: primary }] })))).toEqual([
      'ATLAS_SHARDS.shards.0.primary: is missing.',
      'ATLAS_SHARDS.shards.0: "primry" is not known here; did you mean "primary"?',
    ]);
  });

  it('is JSON, or the path of a file that holds it', () => {
    const json = JSON.stringify({ shards: [shard('s0'), { ...shard('s1'), replicas: ['postgres://r/atlas'] }] });
    const path = join(directory, 'shards.json');
    writeFileSync(path, json);
    expect(parseShards(path)).toEqual(parseShards(json));
    expect(parseShards(json)).toMatchObject({
      placement: { kind: 'hash' },
      shards: [{ id: 's0', replicas: [] }, { replicas: ['postgres://r/atlas'] }],
    });
  });

  it.each([
    ['{"shards":[{"id":"s0","primary":"postgres://atlas:secret@', 'is not valid JSON'],
    ['postgres://atlas:secret@localhost/atlas', 'is neither JSON nor the path of a readable file (ENOENT)'],
    [
      '{"shards":[{"id":"s0","primary":"mysql://atlas:secret@localhost"}]}',
      'shards.0.primary: must be a postgres:// URI',
    ],
    ['[{"id":"s0","primary":"postgres://atlas:secret@localhost"}]', 'must be an object'],
  ])('is refused without its passwords: %j', (text, message) => {
    const faults = faultsOf(() => parseShards(text)).join();
    expect(faults).toContain(message);
    expect(faults).not.toContain('secret');
  });

  it.each([
    ['two shards with one id', { shards: [shard('s0'), shard('s0')] }],
    ['no shard', { shards: [] }],
    ['an id that is not a name', { shards: [shard('S 0')] }],
    ['a member that does not exist', { shards: [{ ...shard('s0'), replica: 'postgres://r' }] }],
    ['ranges that start late', range([{ from: '2', shard: 's0' }])],
    [
      'ranges that do not ascend',
      range([
        { from: '1', shard: 's0' },
        { from: '1', shard: 's0' },
      ]),
    ],
    ['a range of no shard', range([{ from: '1', shard: 's9' }])],
  ])('is refused with %s', (_, config) => {
    expect(faultsOf(() => parseShards(JSON.stringify(config)))).toHaveLength(1);
  });

  it('refuses two ids that share a replication slot, and names them', () => {
    const shards = [shard('home'), shard('eu-1'), shard('eu_1')];
    expect(faultsOf(() => parseShards(JSON.stringify({ shards })))).toEqual([
      'ATLAS_SHARDS.shards: the ids eu-1 and eu_1 would share the replication slot atlas_catalog_eu_1; choose ids that differ in more than "-" and "_".',
    ]);
  });

  it('lets the first shard, which has no such slot, differ from another in a hyphen only', () => {
    const shards = [shard('eu-1'), shard('eu_1')];
    expect(parseShards(JSON.stringify({ shards })).shards.map(({ id }) => id)).toEqual(['eu-1', 'eu_1']);
  });

  function range(ranges: object[]) {
    return { placement: { kind: 'range', ranges }, shards: [shard('s0')] };
  }
});
