import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { giveTo, unprivilegedAccount } from '../../../src/embedded/postgres/account.ts';
import { checkServers } from '../../../src/migration/checks/check-servers.ts';
import { readServerFacts } from '../../../src/migration/checks/server-facts.ts';
import type { Purpose } from '../../../src/migration/checks/server-faults.ts';
import { migrateShard } from '../../../src/migration/migrate-shard.ts';
import { migrationsDirectory, readMigrations } from '../../../src/migration/migration-files.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { recorder } from '../../replication/support/log-recorder.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { postgresQuery } from '../../support/postgres-query.ts';
import { selfSigned } from '../../support/self-signed.ts';

const silent = createLogger('silent');
const SECRET = 'not the pa55word';

/** As the command opens them. */
function serversOf(purpose: Purpose, ...urls: readonly string[]) {
  const actAs = purpose === 'migrate' ? {} : { actAs: `atlas_${purpose}` as const };
  return urls.map((url, index) => {
    const primary = new PostgresPool({
      ...{ shard: `s${index}`, role: 'primary', url, size: 1 },
      ...{ connectTimeoutMs: 5_000, statementTimeoutMs: 10_000, applicationName: 'test', logger: silent },
      ...actAs,
    });
    onTestFinished(() => primary.close());
    return { endpoints: { id: `s${index}`, primary: url, replicas: [] }, primary, replicas: [] };
  });
}

/** The sentences with which a single server is refused; null if it is not. */
async function refusal(url: string, purpose: Purpose): Promise<string | null> {
  return checkServers(serversOf(purpose, url), purpose, silent).then(
    () => null,
    (error: Error) => {
      expect(error.name).toBe('MigrationError');
      expect(error.message).not.toContain(SECRET);
      return error.message;
    },
  );
}

describe('the check of a Postgres server', () => {
  let cluster: TestCluster;
  let url: URL;
  const changed = (change: (next: URL) => void): string => {
    const next = new URL(url);
    change(next);
    return next.href;
  };
  const query = (text: string) => postgresQuery(url.href, text);
  const asRole = (name: string) =>
    changed((next) => {
      next.username = name;
      next.password = name;
    });
  const here = () => `${url.hostname}:${url.port}`;

  beforeAll(async () => {
    cluster = await startPostgresCluster({ settings: { wal_level: 'replica' } });
    url = new URL(cluster.endpoints.primary);
  });
  afterAll(() => cluster?.stop());

  it('reads the version as a number', async () => {
    const [server] = serversOf('serve', url.href);
    if (server === undefined) throw new Error('There is no server');
    const { versionNumber } = await readServerFacts(server.primary, []);
    expect(await query('SHOW server_version_num')).toEqual([{ server_version_num: String(versionNumber) }]);
  });

  it.each(['migrate', 'replicate', 'serve'] as const)('%s refuses a wrong password', async (purpose) => {
    const wrong = changed((next) => {
      next.password = SECRET;
    });
    expect(await refusal(wrong, purpose)).toBe(
      `The primary of shard s0 (atlas@${here()}/atlas) refuses the password, or has no such role; correct ATLAS_SHARDS.`,
    );
  });

  it('refuses a database that does not exist', async () => {
    const elsewhere = changed((next) => {
      next.pathname = '/nowhere';
    });
    expect(await refusal(elsewhere, 'serve')).toMatch(
      /^The primary of shard s0 \(atlas@\S+\/nowhere\) has no such database \(.*\); create it, or correct ATLAS_SHARDS\.$/,
    );
  });

  it('migrate and replicate refuse a wal_level that change capture cannot use; serve does not need it', async () => {
    const sentence = `The primary of shard s0 has wal_level = replica; change capture needs logical: ALTER SYSTEM SET wal_level = 'logical', then restart it.`;
    expect(await refusal(url.href, 'migrate')).toBe(sentence);
    expect(await refusal(url.href, 'replicate')).toBe(sentence);
    expect(await refusal(url.href, 'serve')).toBeNull();
  });

  it('names what a login lacks for each command, and accepts it once it is a member of the role', async () => {
    await query("CREATE ROLE poor LOGIN PASSWORD 'poor'");
    const poor = asRole('poor');
    const [where] = (await refusal(poor, 'serve'))?.split(' does not') ?? [];
    expect(where).toBe(`The primary of shard s0 (poor@${here()}/atlas)`);
    expect(await refusal(poor, 'serve')).toBe(
      `${where} does not let its role act as atlas_serve; GRANT atlas_serve TO it.`,
    );
    expect(await refusal(poor, 'replicate')).toBe(
      `${where} does not let its role act as atlas_replicate; GRANT atlas_replicate TO it.`,
    );
    await query('GRANT atlas_serve, atlas_replicate TO poor');
    expect(await refusal(poor, 'serve')).toBeNull();
    expect((await refusal(poor, 'replicate'))?.split('\n').slice(1)).toEqual([
      'The primary of shard s0 does not let the role poor use replication slots; ALTER ROLE poor REPLICATION, as a superuser.',
    ]);
  });

  it('names what a login lacks that migrates', async () => {
    await query("CREATE ROLE maker LOGIN PASSWORD 'maker'");
    const maker = asRole('maker');
    expect((await refusal(maker, 'migrate'))?.split('\n').slice(1)).toEqual([
      'The primary of shard s0 does not let the role maker use replication slots; ALTER ROLE maker REPLICATION, as a superuser.',
      'The primary of shard s0 does not let the role maker create a schema; GRANT CREATE ON DATABASE to maker, as its owner.',
      'The primary of shard s0 does not let the role maker change what belongs to atlas_migrate; GRANT atlas_migrate TO maker.',
    ]);
    const [first, second] = serversOf('migrate', url.href, maker);
    if (first === undefined || second === undefined) throw new Error('There are two servers');
    await expect(checkServers([first, second], 'migrate', silent)).rejects.toThrow(
      'The primary of shard s1 does not let the role maker create subscriptions; GRANT pg_create_subscription TO maker',
    );
    await query('ALTER ROLE maker REPLICATION');
    await query('GRANT CREATE ON DATABASE atlas TO maker');
    await query('GRANT atlas_migrate TO maker');
    expect((await refusal(maker, 'migrate'))?.split('\n')).toHaveLength(1);
  });

  it('names the rights that a role of Atlas has lost', async () => {
    await query('REVOKE INSERT ON atlas.entity FROM atlas_serve');
    await query('REVOKE UPDATE (heartbeat_at) ON atlas.shard FROM atlas_serve');
    await query('REVOKE USAGE ON SEQUENCE atlas.attribute_id_seq FROM atlas_serve');
    await query('REVOKE EXECUTE ON FUNCTION atlas.refresh_statistics() FROM atlas_serve');
    expect(await refusal(url.href, 'serve')).toBe(
      'The primary of shard s0 does not give the role atlas_serve what it needs; run "atlas migrate", or GRANT EXECUTE ON FUNCTION atlas.refresh_statistics(), INSERT ON atlas.entity, UPDATE (heartbeat_at) ON atlas.shard, USAGE ON atlas.attribute_id_seq to it.',
    );
    await query('DROP OWNED BY atlas_replicate');
    await query('DROP ROLE atlas_replicate');
    expect(await refusal(url.href, 'replicate')).toMatch(/ has no role atlas_replicate; run "atlas migrate"\.$/);
    const [migrating] = serversOf('migrate', url.href);
    if (migrating === undefined) throw new Error('There is no server');
    await migrateShard(migrating.primary, readMigrations(migrationsDirectory('postgres')));
    expect(await refusal(url.href, 'serve')).toBeNull();
    expect((await refusal(url.href, 'replicate'))?.split('\n')).toHaveLength(1);
  });

  it('migrate needs every server; the others start without one that does not answer, and say so', async () => {
    const closed = changed((next) => {
      next.port = '1';
    });
    const sentence = `The primary of shard s1 (atlas@127.0.0.1:1/atlas) cannot be reached: nothing listens there (ECONNREFUSED); start it, or correct its URL.`;
    await expect(checkServers(serversOf('migrate', url.href, closed), 'migrate', silent)).rejects.toThrow(sentence);
    const { logger, lines } = recorder();
    await checkServers(serversOf('serve', url.href, closed), 'serve', logger);
    expect(lines).toEqual([expect.objectContaining({ level: 40, reason: sentence })]);
    await expect(checkServers(serversOf('serve', closed), 'serve', silent)).rejects.toThrow('cannot be reached');
  });

  it('warns once if a stopped reader could fill the disk of a primary', async () => {
    const { logger, lines } = recorder();
    await checkServers(serversOf('serve', url.href), 'serve', logger);
    expect(lines).toEqual([]);
    await query("ALTER SYSTEM SET max_slot_wal_keep_size = '-1'");
    await query('SELECT pg_reload_conf()');
    await vi.waitFor(async () =>
      expect(await query('SHOW max_slot_wal_keep_size')).toEqual([{ max_slot_wal_keep_size: '-1' }]),
    );
    await checkServers(serversOf('serve', url.href), 'serve', logger);
    expect(lines).toEqual([
      expect.objectContaining({ level: 40, shards: ['s0'], msg: expect.stringContaining('unlimited') }),
    ]);
  });

  describe('with TLS', () => {
    const tls = (parameters: string) => `${url.href}?${parameters}`;

    /** Gives the server a certificate for this host. @returns the path of the certificate. */
    async function certify(host: string): Promise<string> {
      const { certificate, key } = selfSigned(host);
      const data = join(cluster.directory, 'primary');
      const files = { 'server.crt': certificate, 'server.key': key };
      for (const [name, text] of Object.entries(files)) {
        writeFileSync(join(data, name), text, { mode: 0o600 });
        giveTo(unprivilegedAccount(), join(data, name));
      }
      await query("ALTER SYSTEM SET ssl = 'on'");
      await query('SELECT pg_reload_conf()');
      const authority = join(cluster.directory, `${host}.crt`);
      writeFileSync(authority, certificate);
      return authority;
    }

    it('says that a server offers none', async () => {
      expect(await refusal(tls('sslmode=verify-full'), 'serve')).toBe(
        `The primary of shard s0 (atlas@${here()}/atlas) offers no TLS, which its URL asks for; turn "ssl" on there, or set sslmode=disable in the URL.`,
      );
    });

    it('says that the authority is unknown, that the name is another one, or nothing', async () => {
      const foreign = await certify('db.example');
      await vi.waitFor(async () =>
        expect(await refusal(tls('sslmode=verify-full'), 'serve')).toMatch(
          /shows a certificate of an unknown authority \(DEPTH_ZERO_SELF_SIGNED_CERT\); .* sslrootcert=<file> in its URL\.$/,
        ),
      );
      expect(await refusal(tls(`sslmode=verify-full&sslrootcert=${foreign}`), 'serve')).toMatch(
        /shows a certificate for another host name \(ERR_TLS_CERT_ALTNAME_INVALID\); connect to it by a name in its certificate\.$/,
      );
      const own = await certify('127.0.0.1');
      await vi.waitFor(async () =>
        expect(await refusal(tls(`sslmode=verify-full&sslrootcert=${own}`), 'serve')).toBeNull(),
      );
      expect(await refusal(tls('sslmode=verify-full&sslrootcert=/nowhere.crt'), 'serve')).toContain(
        'has a URL that names a file that cannot be read',
      );
    });
  });
});
