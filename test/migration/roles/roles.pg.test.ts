import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShardEndpoints } from '../../../src/domain/shard.ts';
import { migrateShards } from '../../../src/migration/migrate-shards.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { startPostgresCluster, type TestCluster } from '../../support/postgres-cluster.ts';
import { postgresQuery } from '../../support/postgres-query.ts';

const options = { connectTimeoutMs: 2_000, logger: createLogger('silent') };
const placement = { kind: 'hash' } as const;
const PASSWORDS = { atlas_serve: "it's a serve %L password", atlas_replicate: 'a replicate password' };

const as = (url: string, user: string, password: string): string => {
  const changed = new URL(url);
  changed.username = user;
  changed.password = encodeURIComponent(password);
  return changed.href;
};

describe('the roles that migrate makes', () => {
  let cluster: TestCluster;
  const loggedIn = (role: keyof typeof PASSWORDS) => as(cluster.endpoints.primary, role, PASSWORDS[role]);
  const asOwner = <Row extends object>(text: string) => postgresQuery<Row>(cluster.endpoints.primary, text);

  beforeAll(async () => {
    cluster = await startPostgresCluster({ migrated: false });
    await migrateShards({ shards: [cluster.endpoints], placement }, { ...options, passwords: PASSWORDS });
  });
  afterAll(() => cluster?.stop());

  it('are no superusers, bypass no policy, and own nothing but the schema', async () => {
    const roles = await asOwner(
      `SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolcanlogin, rolreplication FROM pg_roles
       WHERE rolname LIKE 'atlas\\_%' ORDER BY rolname`,
    );
    const none = { rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolbypassrls: false };
    expect(roles).toEqual([
      { rolname: 'atlas_migrate', ...none, rolcanlogin: false, rolreplication: false },
      { rolname: 'atlas_replicate', ...none, rolcanlogin: true, rolreplication: true },
      { rolname: 'atlas_serve', ...none, rolcanlogin: true, rolreplication: false },
    ]);
    const owners = await asOwner(
      `SELECT DISTINCT relowner::regrole::text AS owner FROM pg_class WHERE relnamespace = 'atlas'::regnamespace
       UNION SELECT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'atlas'::regnamespace
       UNION SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'atlas'`,
    );
    expect(owners).toEqual([{ owner: 'atlas_migrate' }]);
  });

  it('log in with the password that migrate was given, with no other, and with the next one from then on', async () => {
    expect(await postgresQuery(loggedIn('atlas_serve'), 'SELECT current_user::text AS me')).toEqual([
      { me: 'atlas_serve' },
    ]);
    const wrong = as(cluster.endpoints.primary, 'atlas_serve', 'another password');
    await expect(postgresQuery(wrong, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    const passwords = { ...PASSWORDS, atlas_serve: 'another password' };
    await migrateShards({ shards: [cluster.endpoints], placement }, { ...options, passwords });
    expect(await postgresQuery(wrong, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await migrateShards({ shards: [cluster.endpoints], placement }, { ...options, passwords: PASSWORDS });
  });

  const FORBIDDEN_TO_BOTH = [
    'DROP TABLE atlas.entity',
    'DROP SCHEMA atlas CASCADE',
    'ALTER TABLE atlas.entity ADD COLUMN mine text',
    'ALTER TABLE atlas.entity DISABLE ROW LEVEL SECURITY',
    'CREATE POLICY mine ON atlas.entity USING (true)',
    'DROP POLICY own_tenant ON atlas.entity',
    'TRUNCATE atlas.entity',
    'CREATE TABLE atlas.mine ()',
    'CREATE TABLE public.mine ()',
    'CREATE SCHEMA mine',
    'CREATE ROLE mine',
    'ALTER ROLE atlas_serve SUPERUSER',
    'ALTER ROLE atlas_serve BYPASSRLS',
    'GRANT atlas_migrate TO atlas_serve',
    'SET ROLE atlas_migrate',
    'SET ROLE atlas',
    'SET SESSION AUTHORIZATION atlas',
    'SELECT rolpassword FROM pg_authid',
    'SELECT passwd FROM pg_shadow',
    'SELECT subconninfo FROM pg_subscription',
    "SELECT pg_read_file('postgresql.conf')",
    "COPY atlas.shard TO PROGRAM 'cat'",
    "ALTER SYSTEM SET wal_level = 'minimal'",
    'ALTER PUBLICATION atlas_cdc DROP TABLE atlas.entity',
    "UPDATE atlas.shard SET shard_id = 's9'",
    'DELETE FROM atlas.shard',
    'UPDATE atlas.schema_migration SET number = 99',
    'UPDATE atlas.signing_key SET key = key',
    "UPDATE atlas.attribute_definition SET key = 'mine'",
    'DELETE FROM atlas.attribute_definition',
    "UPDATE atlas.entity_type SET type = 'mine'",
    'DELETE FROM atlas.entity_type',
  ];
  it.each([
    ...FORBIDDEN_TO_BOTH,
    "SELECT pg_create_logical_replication_slot('mine', 'pgoutput')",
    "SELECT pg_create_physical_replication_slot('mine')",
    "SELECT pg_drop_replication_slot('replica')",
    'SELECT FROM atlas.entity_p0',
    "UPDATE atlas.shard SET cdc_publication = 'mine'",
  ])('atlas_serve may not %s', async (text) => {
    await expect(postgresQuery(loggedIn('atlas_serve'), text)).rejects.toMatchObject({ code: '42501' });
  });

  it('atlas_serve may not have its own code run by a function of the owner', async () => {
    const text = `CREATE FUNCTION pg_temp.refuse(value pg_catalog.text) RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'runs as %', current_user; END $$;
      CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.refuse(VALUE::pg_catalog.text));
      SELECT atlas.entities_by_texts('{4}', '{}', NULL, '[{"parts": [], "patterns": [], "rare": []}]', true, 1)`;
    await postgresQuery(loggedIn('atlas_serve'), text);
    const definers = `SELECT proname FROM pg_proc WHERE pronamespace = 'atlas'::regnamespace AND prosecdef
      AND NOT 'search_path=pg_catalog, pg_temp' = ANY(proconfig)`;
    expect(await asOwner(definers)).toEqual([]);
  });

  it.each([
    ...FORBIDDEN_TO_BOTH,
    'DELETE FROM atlas.entity',
    'UPDATE atlas.entity SET version = 2',
    "INSERT INTO atlas.entity VALUES (1, 1, 'user', 1, now(), now(), '{}')",
    'INSERT INTO atlas.entity_attribute VALUES (1, 1, 1)',
    "INSERT INTO atlas.attribute_definition (tenant_id, key, type) VALUES (1, 'mine', 'TEXT')",
    "INSERT INTO atlas.entity_type (tenant_id, type) VALUES (1, 'mine')",
    'SELECT key FROM atlas.signing_key',
    'SELECT atlas.refresh_statistics()',
    "SELECT nextval('atlas.attribute_id_seq')",
  ])('atlas_replicate may not %s', async (text) => {
    await expect(postgresQuery(loggedIn('atlas_replicate'), text)).rejects.toMatchObject({ code: '42501' });
  });

  it('may do what they need beyond the tables: slots for change capture, statistics for a bulk load', async () => {
    const slots = [
      "SELECT FROM pg_create_logical_replication_slot('mine', 'pgoutput')",
      "SELECT FROM pg_drop_replication_slot('mine')",
    ];
    for (const text of slots) await postgresQuery(loggedIn('atlas_replicate'), text);
    await postgresQuery(loggedIn('atlas_serve'), 'SELECT atlas.refresh_statistics()');
  });

  it('lose what somebody else granted them, when it is migrated again', async () => {
    await asOwner('GRANT ALL ON atlas.entity, atlas.signing_key TO atlas_replicate');
    await migrateShards({ shards: [cluster.endpoints], placement }, options);
    for (const text of ['DELETE FROM atlas.entity', 'SELECT FROM atlas.signing_key']) {
      await expect(postgresQuery(loggedIn('atlas_replicate'), text)).rejects.toMatchObject({ code: '42501' });
    }
  });
});

describe('a login that is no superuser', () => {
  let clusters: TestCluster[] = [];
  const endpointsAs = (user: string): ShardEndpoints[] =>
    clusters.map(({ endpoints }) => ({ ...endpoints, primary: as(endpoints.primary, user, user) }));
  const onAll = async (text: string) => {
    for (const { endpoints } of clusters) await postgresQuery(endpoints.primary, text);
  };

  beforeAll(async () => {
    clusters = await Promise.all(['s0', 's1'].map((shard) => startPostgresCluster({ shard, migrated: false })));
    await onAll("CREATE ROLE maker LOGIN PASSWORD 'maker' CREATEROLE REPLICATION IN ROLE pg_create_subscription");
    await onAll('GRANT CREATE ON DATABASE atlas TO maker');
  });
  afterAll(() => Promise.all(clusters.map((cluster) => cluster.stop())));

  it('migrates empty shards, and again, and lets the roles log in', async () => {
    const shards = endpointsAs('maker');
    const first = await migrateShards({ shards, placement }, { ...options, passwords: PASSWORDS });
    expect(first.applied.get('s1')).not.toEqual([]);
    const again = await migrateShards({ shards, placement }, { ...options, passwords: PASSWORDS });
    expect(again.applied.get('s1')).toEqual([]);
    for (const { endpoints } of clusters) {
      const serve = as(endpoints.primary, 'atlas_serve', PASSWORDS.atlas_serve);
      expect(await postgresQuery(serve, 'SELECT FROM atlas.entity')).toEqual([]);
    }
    await postgresQuery(
      clusters[0]?.endpoints.primary ?? '',
      "INSERT INTO atlas.attribute_definition (attribute_id, tenant_id, key, type) VALUES (1, 1, 'k', 'TEXT')",
    );
    await expect
      .poll(() => postgresQuery(clusters[1]?.endpoints.primary ?? '', 'SELECT key FROM atlas.attribute_definition'), {
        timeout: 15_000,
      })
      .toEqual([{ key: 'k' }]);
  });

  it('of another name is told which subscription is not its own', async () => {
    await onAll("CREATE ROLE other LOGIN PASSWORD 'other' REPLICATION IN ROLE atlas_migrate, pg_create_subscription");
    await onAll('GRANT CREATE ON DATABASE atlas TO other');
    await expect(migrateShards({ shards: endpointsAs('other'), placement }, options)).rejects.toThrow(
      'The primary of shard s1 has the subscription atlas_catalog, which belongs to maker; migrate as that role, or ALTER SUBSCRIPTION atlas_catalog OWNER TO other.',
    );
    await onAll('GRANT maker TO other');
    await migrateShards({ shards: endpointsAs('other'), placement }, options);
  });
});
