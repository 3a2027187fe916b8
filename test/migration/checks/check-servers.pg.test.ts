import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { PostgresPool } from '../../../src/connections/postgres/postgres-pool.ts';
import { giveTo, unprivilegedAccount } from '../../../src/embedded/postgres/account.ts';
import { checkServers } from '../../../src/migration/checks/check-servers.ts';
import { readServerFacts } from '../../../src/migration/checks/server-facts.ts';
import type { Purpose } from '../../../src/migration/checks/server-faults.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { recorder } from '../../replication/support/log-recorder.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { postgresQuery } from '../../support/postgres-query.ts';
import { selfSigned } from '../../support/self-signed.ts';

const silent = createLogger('silent');
const SECRET = 'not the pa55word';

function serversOf(...urls: readonly string[]) {
  return urls.map((url, index) => {
    const primary = new PostgresPool({
      ...{ shard: `s${index}`, role: 'primary', url, size: 1 },
      ...{ connectTimeoutMs: 5_000, statementTimeoutMs: 10_000, applicationName: 'test', logger: silent },
    });
    onTestFinished(() => primary.close());
    return { endpoints: { id: `s${index}`, primary: url, replicas: [] }, primary, replicas: [] };
  });
}

/** The sentences with which a single server is refused; null if it is not. */
async function refusal(url: string, purpose: Purpose): Promise<string | null> {
  return checkServers(serversOf(url), purpose, silent).then(
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
    const [server] = serversOf(url.href);
    if (server === undefined) throw new Error('There is no server');
    const { versionNumber } = await readServerFacts(server.primary, {});
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

  it('names the rights that a role lacks, and accepts it once it has them', async () => {
    await query("CREATE ROLE poor LOGIN PASSWORD 'poor'");
    const poor = asRole('poor');
    expect((await refusal(poor, 'migrate'))?.split('\n').slice(1)).toEqual([
      'The primary of shard s0 does not let the role poor use replication slots; ALTER ROLE poor REPLICATION, as a superuser.',
      'The primary of shard s0 does not let the role poor create a schema; GRANT CREATE ON DATABASE to poor, as its owner.',
      'The primary of shard s0 does not give the role poor what it needs; GRANT USAGE ON SCHEMA atlas to it.',
    ]);
    expect(await refusal(poor, 'serve')).toBe(
      'The primary of shard s0 does not give the role poor what it needs; GRANT DELETE ON atlas.entity, DELETE ON atlas.entity_attribute, INSERT ON atlas.entity, INSERT ON atlas.entity_attribute, SELECT ON atlas.attribute_definition, SELECT ON atlas.entity, SELECT ON atlas.entity_attribute, SELECT ON atlas.shard, SELECT ON atlas.signing_key, UPDATE ON atlas.entity, UPDATE ON atlas.entity_attribute, UPDATE ON atlas.shard, USAGE ON SCHEMA atlas to it.',
    );
    await query('GRANT USAGE ON SCHEMA atlas TO poor');
    await query('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA atlas TO poor');
    expect(await refusal(poor, 'serve')).toBeNull();
    const [first, second] = serversOf(url.href, poor);
    if (first === undefined || second === undefined) throw new Error('There are two servers');
    await expect(checkServers([first, second], 'migrate', silent)).rejects.toThrow(
      'The primary of shard s1 does not let the role poor create subscriptions; GRANT pg_create_subscription TO poor',
    );
    await query('ALTER ROLE poor REPLICATION');
    await query('GRANT CREATE ON DATABASE atlas TO poor');
    expect((await refusal(poor, 'migrate'))?.split('\n')).toHaveLength(1);
  });

  it('migrate needs every server; the others start without one that does not answer, and say so', async () => {
    const closed = changed((next) => {
      next.port = '1';
    });
    const sentence = `The primary of shard s1 (atlas@127.0.0.1:1/atlas) cannot be reached: nothing listens there (ECONNREFUSED); start it, or correct its URL.`;
    await expect(checkServers(serversOf(url.href, closed), 'migrate', silent)).rejects.toThrow(sentence);
    const { logger, lines } = recorder();
    await checkServers(serversOf(url.href, closed), 'serve', logger);
    expect(lines).toEqual([expect.objectContaining({ level: 40, reason: sentence })]);
    await expect(checkServers(serversOf(closed), 'serve', silent)).rejects.toThrow('cannot be reached');
  });

  it('warns once if a stopped reader could fill the disk of a primary', async () => {
    const { logger, lines } = recorder();
    await checkServers(serversOf(url.href), 'serve', logger);
    expect(lines).toEqual([]);
    await query("ALTER SYSTEM SET max_slot_wal_keep_size = '-1'");
    await query('SELECT pg_reload_conf()');
    await vi.waitFor(async () =>
      expect(await query('SHOW max_slot_wal_keep_size')).toEqual([{ max_slot_wal_keep_size: '-1' }]),
    );
    await checkServers(serversOf(url.href), 'serve', logger);
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
