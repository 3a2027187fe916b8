import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { explainPostgresFailure } from '../../../src/connections/postgres/explain-postgres-failure.ts';
import { PostgresListener } from '../../../src/connections/postgres/postgres-listener.ts';
import { ReplicationSession } from '../../../src/connections/postgres/replication-session.ts';
import { giveTo, unprivilegedAccount } from '../../../src/embedded/postgres/account.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { primaryPool } from '../../support/postgres-pools.ts';
import { postgresQuery } from '../../support/postgres-query.ts';
import { selfSigned } from '../../support/self-signed.ts';

const SERVER = { shard: 's0', role: 'primary' } as const;
const ENCRYPTED = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

describe('a Postgres server that takes connections with TLS only', () => {
  let cluster: TestCluster;
  let authority = '';
  let stranger = '';
  const url = (parameters: string) => `${cluster.endpoints.primary}?${parameters}`;
  const verified = () => url(`sslmode=verify-full&sslrootcert=${authority}`);

  beforeAll(async () => {
    cluster = await startPostgresCluster({ migrated: false });
    const write = (path: string, text: string) => {
      writeFileSync(path, text, { mode: 0o600 });
      giveTo(unprivilegedAccount(), path);
    };
    const data = join(cluster.directory, 'primary');
    const { certificate, key } = selfSigned('127.0.0.1');
    write(join(data, 'server.crt'), certificate);
    write(join(data, 'server.key'), key);
    authority = join(cluster.directory, 'authority.crt');
    stranger = join(cluster.directory, 'stranger.crt');
    writeFileSync(authority, certificate);
    writeFileSync(stranger, selfSigned('127.0.0.1').certificate);
    const hba = join(data, 'pg_hba.conf');
    write(hba, readFileSync(hba, 'utf8').replaceAll(/^host\b/gm, 'hostssl'));
    await postgresQuery(cluster.endpoints.primary, "ALTER SYSTEM SET ssl = 'on'");
    await postgresQuery(cluster.endpoints.primary, 'SELECT pg_reload_conf()');
    await vi.waitFor(async () => expect(await postgresQuery(verified(), ENCRYPTED)).toEqual([{ ssl: true }]));
  });
  afterAll(() => cluster?.stop());

  const pool = (of: string) => {
    const opened = primaryPool({ ...cluster.endpoints, primary: of });
    onTestFinished(() => opened.close());
    return opened;
  };
  const refusal = async (of: string) => {
    const error: unknown = await pool(of)
      .query({ text: 'SELECT 1', values: [] })
      .then(
        () => null,
        (raised: unknown) => raised,
      );
    return error === null ? null : explainPostgresFailure(error, SERVER, of);
  };

  it('is used by every kind of connection, if its authority is known and its name is right', async () => {
    expect(await pool(verified()).query({ text: ENCRYPTED, values: [] })).toEqual([{ ssl: true }]);
    const session = await ReplicationSession.open({
      shard: 's0',
      url: verified(),
      applicationName: 'test',
      leaseMs: 5_000,
    });
    expect(await session.query(ENCRYPTED)).toEqual([{ ssl: true }]);
    await session.close();
    let isConnected = false;
    const listener = new PostgresListener(
      {
        ...{ url: verified(), channel: 'test', connectTimeoutMs: 5_000, applicationName: 'test listener' },
        logger: createLogger('silent'),
      },
      {
        onConnect: () => {
          isConnected = true;
        },
        onNotification: () => {},
      },
    );
    await listener.start();
    await listener.stop();
    expect(isConnected).toBe(true);
  });

  it.each([
    [
      'of another authority',
      () => url(`sslmode=verify-full&sslrootcert=${stranger}`),
      'shows a certificate of an unknown authority',
    ],
    ['of no public authority', () => url('sslmode=verify-full'), 'shows a certificate of an unknown authority'],
    [
      'for another host name',
      () => verified().replace('127.0.0.1', 'localhost'),
      'shows a certificate for another host name',
    ],
    ['that is not asked for', () => cluster.endpoints.primary, 'takes no unencrypted connection'],
    ['that is turned off', () => url('sslmode=disable'), 'takes no unencrypted connection'],
  ])('is refused, for good and in one sentence, with a certificate %s', async (_, of, fault) => {
    const { message = '', mayPass } = (await refusal(of())) ?? {};
    expect(message).toMatch(new RegExp(`^The primary of shard s0 \\(atlas@\\S+/atlas\\) ${fault} .*[^.]\\.$`));
    expect(message).not.toContain('test:test');
    expect(mayPass).toBe(false);
  });
});
