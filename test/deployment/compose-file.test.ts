import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings, parseShards } from '../../src/config/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { environmentOf, ROOT, readComposeFile, readProjectFile } from './support/compose-file.ts';

const file = readComposeFile();
const services = Object.entries(file.services);
const ATLAS = ['migrate', 'serve', 'replicate'];
const POSTGRES = services.filter(([, { image }]) => image?.startsWith('postgres:')).map(([name]) => name);
const { version } = JSON.parse(readProjectFile('package.json')) as { version: string };

/** Data directories of the images. */
const DATA_PATHS: Readonly<Record<string, string>> = {
  'postgres:18': '/var/lib/postgresql',
  'clickhouse/clickhouse-server': '/var/lib/clickhouse',
};

describe('docker-compose.yml', () => {
  it('passes its linter', () => {
    const linter = resolve(ROOT, 'node_modules/dclint/bin/dclint.cjs');
    const { status, stdout } = spawnSync(process.execPath, [linter, '--max-warnings', '0', 'docker-compose.yml'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(stdout.trim()).toBe('');
    expect(status).toBe(0);
  });

  it.each(ATLAS)('sets only existing, valid settings for %s', (name) => {
    const environment = environmentOf(file, name);
    expect(Object.keys(environment).filter((key) => !(key in SETTINGS))).toEqual([]);
    const settings = loadSettings(environment);
    expect(parseShards(settings.ATLAS_SHARDS).shards.map(({ id }) => id)).toEqual(['s0', 's1']);
    expect(settings.ATLAS_HOST).toBe('0.0.0.0');
  });

  it.each(ATLAS)('configures %s with the URLs and credentials of its own servers', (name) => {
    const { ATLAS_SHARDS, ATLAS_CLICKHOUSE_URL = '' } = environmentOf(file, name);
    for (const { primary, replicas } of parseShards(ATLAS_SHARDS).shards) {
      const url = new URL(primary);
      expect(postgresUrl(url.hostname, name)).toBe(primary);
      for (const replica of replicas) {
        const { hostname } = new URL(replica);
        expect(postgresUrl(hostname, name)).toBe(replica);
        expect(environmentOf(file, hostname).PRIMARY_HOST).toBe(url.hostname);
      }
    }
    const { CLICKHOUSE_USER, CLICKHOUSE_PASSWORD, CLICKHOUSE_DB } = environmentOf(file, 'clickhouse');
    const clickhouse = `http://${CLICKHOUSE_USER}:${CLICKHOUSE_PASSWORD}@clickhouse:8123/${CLICKHOUSE_DB}`;
    expect(ATLAS_CLICKHOUSE_URL).toBe(clickhouse);
  });

  it('configures every server of a shard for replication, so that a replica can become the primary', () => {
    expect(POSTGRES).toEqual(['s0-primary', 's0-replica', 's1-primary', 's1-replica']);
    for (const name of POSTGRES) {
      expect(file.services[name]?.command).toEqual(expect.arrayContaining(['wal_level=logical']));
      expect(file.services[name]?.command).toEqual(file.services['s0-primary']?.command);
    }
  });

  it('limits the WAL retained for a stopped replica or replicator', () => {
    expect(file.services['s0-primary']?.command?.join(' ')).toMatch(/-c max_slot_wal_keep_size=[1-9]\d*GB/);
  });

  it('keeps the data of every store in a volume', () => {
    for (const [name, { image = '', volumes = [] }] of services.filter(([service]) => !ATLAS.includes(service))) {
      const path = Object.entries(DATA_PATHS).find(([prefix]) => image.startsWith(prefix))?.[1];
      expect(volumes).toContain(`${name}:${path}`);
      expect(file.volumes).toHaveProperty(name);
    }
  });

  it('pins every image and tags its own with the version', () => {
    for (const [, { image }] of services) expect(image).toMatch(/:\d+\.\d+/);
    for (const name of ATLAS) expect(file.services[name]?.image).toBe(`atlas:${version}`);
  });

  it('builds its own image once and never pulls it', () => {
    expect(services.filter(([, { build }]) => build !== undefined).map(([name]) => name)).toEqual(['migrate']);
    expect(ATLAS.map((name) => file.services[name]?.pull_policy)).toEqual(['build', 'never', 'never']);
  });

  it('has a health check for every long-running service', () => {
    const imageChecks = readProjectFile('Dockerfile').includes('\nHEALTHCHECK ');
    for (const [name, { healthcheck, restart }] of services) {
      const lasts = restart !== 'no';
      expect({ name, checked: healthcheck?.disable !== true && (healthcheck !== undefined || imageChecks) }).toEqual({
        name,
        checked: lasts,
      });
    }
  });

  it('migrates after every primary and ClickHouse answer, and before any other Atlas service starts', () => {
    const healthy = { condition: 'service_healthy' };
    expect(file.services.migrate?.depends_on).toEqual({
      's0-primary': healthy,
      's1-primary': healthy,
      clickhouse: healthy,
    });
    for (const name of ['serve', 'replicate']) {
      expect(file.services[name]?.depends_on).toEqual({ migrate: { condition: 'service_completed_successfully' } });
    }
  });

  it('gives Atlas time to stop gracefully before it is killed', () => {
    const graceMs = Number(SETTINGS.ATLAS_SHUTDOWN_GRACE_MS.default);
    const drainMs = Number(SETTINGS.ATLAS_DRAIN_MS.default);
    for (const name of ['serve', 'replicate']) {
      const seconds = Number(/^(\d+)s$/.exec(file.services[name]?.stop_grace_period ?? '')?.[1]);
      expect(seconds * 1000).toBeGreaterThanOrEqual(drainMs + 2 * graceMs);
    }
  });

  it('mounts scripts that exist, are executable and parse', () => {
    const scripts = services.flatMap(([, { volumes = [] }]) =>
      volumes.filter((volume) => volume.startsWith('./')).map((volume) => volume.split(':')[0] ?? ''),
    );
    expect(new Set(scripts)).toEqual(new Set(['./deploy/postgres-primary-hba.sh', './deploy/postgres-replica.sh']));
    for (const script of new Set(scripts)) {
      const path = resolve(ROOT, script);
      expect(statSync(path).mode & 0o111).toBe(0o111);
      expect(spawnSync('bash', ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    }
  });

  it('keeps the passwords out of git and of the image', () => {
    for (const ignored of ['.gitignore', '.dockerignore']) {
      expect(readProjectFile(ignored).split('\n')).toContain('.env');
    }
  });
});

/** `migrate` connects as the superuser, and gives the roles of the others the passwords that they connect with. */
function postgresUrl(service: string, command: string): string {
  const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = environmentOf(file, service);
  const { ATLAS_SERVE_PASSWORD, ATLAS_REPLICATE_PASSWORD } = environmentOf(file, 'migrate');
  const logins: Readonly<Record<string, string>> = {
    migrate: `${POSTGRES_USER}:${POSTGRES_PASSWORD}`,
    serve: `atlas_serve:${ATLAS_SERVE_PASSWORD}`,
    replicate: `atlas_replicate:${ATLAS_REPLICATE_PASSWORD}`,
  };
  return `postgres://${logins[command]}@${service}:5432/${POSTGRES_DB}`;
}
