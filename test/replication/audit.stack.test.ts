import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { AuditRetention } from '../../src/replication/upkeep/audit-retention.ts';
import { caughtUp, put, WAIT } from './support/replicated-data.ts';
import { type ReplicatedShard, startReplicatedShard } from './support/replicated-shard.ts';

describe('the audit in ClickHouse', () => {
  let shard: ReplicatedShard;
  beforeAll(async () => {
    shard = await startReplicatedShard();
  });
  afterEach(async () => {
    await shard.reset();
    await shard.sql('TRUNCATE atlas.audit');
    await shard.clickhouse.command('TRUNCATE TABLE audit');
  });
  afterAll(() => shard?.stop());

  const record = (entity: number, subject: string | null = 'ann\t"\\') =>
    shard.sql(
      `INSERT INTO atlas.audit (tenant_id, at, subject, operation, entity_id, old_version, new_version)
       VALUES (1, clock_timestamp(), $2, 'UPDATE_ENTITY', $1, 1, 2)`,
      [entity, subject],
    );
  const stored = (final = 'FINAL') =>
    shard.clickhouse.query(
      `SELECT shard, toString(audit_id) AS audit_id, toString(tenant_id) AS tenant_id, toString(at) AS at, subject, operation,
         toString(entity_id) AS entity_id, toString(old_version) AS old_version, toString(new_version) AS new_version
       FROM audit ${final} ORDER BY audit.audit_id`,
    );
  const expectEqual = async () =>
    expect(await stored()).toEqual(
      await shard.sql(
        `SELECT 's0' AS shard, audit_id::text, tenant_id::text, (extract(epoch FROM at) * 1000)::bigint::text AS at, subject, operation,
           entity_id::text, old_version::text, new_version::text FROM atlas.audit ORDER BY audit.audit_id`,
      ),
    );

  it('follows that of the shard, whoever the subject is', async () => {
    await shard.replicator();
    await record(1);
    await record(2, null);
    await put(shard, 3, { '1': 'a' });
    await caughtUp(shard);
    await expectEqual();
    expect(await stored()).toHaveLength(2);
  });

  it('is copied with the shard', async () => {
    await record(1);
    await record(2);
    await shard.replicator();
    await caughtUp(shard);
    await expectEqual();
  });

  it('has a row once, however often it is delivered, and at its first position', async () => {
    await record(1);
    const replicator = await shard.replicator();
    await caughtUp(shard);
    const position = () => shard.clickhouse.query('SELECT toString(lsn) AS lsn FROM audit FINAL');
    const first = await position();
    await replicator.stop();
    await shard.dropSlot();
    await shard.replicator({ resnapshot: true });
    await vi.waitFor(async () => expect(await stored('')).toHaveLength(2), WAIT);
    await caughtUp(shard);
    await expectEqual();
    expect(await position()).toEqual(first);
  });

  it('loses the months of which every row is older than the retention', async () => {
    await shard.sql(`INSERT INTO atlas.audit (tenant_id, at, operation)
      VALUES (1, '2020-01-15Z', 'UPDATE_ENTITY'), (1, '2020-02-15Z', 'UPDATE_ENTITY')`);
    await record(1);
    const days = Math.floor((Date.now() - Date.parse('2020-02-02T00:00:00Z')) / 86_400_000);
    const { primary, clickhouse } = shard;
    const retention = new AuditRetention({ primary, clickhouse, days, periodMs: 20, clock: systemClock });
    await shard.replicator({ upkeep: [retention] });
    await caughtUp(shard);
    await vi.waitFor(async () => expect(await stored()).toHaveLength(2), WAIT);
    expect(
      await shard.clickhouse.query(
        'SELECT DISTINCT toYear(fromUnixTimestamp64Milli(at)) AS y, toMonth(fromUnixTimestamp64Milli(at)) AS m FROM audit WHERE y = 2020',
      ),
    ).toEqual([{ y: 2020, m: 2 }]);
  });

  it('stays as it is when someone changes that of the shard', async () => {
    await shard.sql(`DO $$ DECLARE part regclass; BEGIN
      FOR part IN SELECT relid FROM pg_partition_tree('atlas.audit') LOOP
        EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', part);
      END LOOP;
    END $$`);
    await shard.replicator();
    await record(1);
    await caughtUp(shard);
    const before = await stored();
    await shard.sql("UPDATE atlas.audit SET subject = 'bob'");
    await shard.sql('DELETE FROM atlas.audit');
    await put(shard, 3, { '1': 'a' });
    await caughtUp(shard);
    expect(await stored()).toEqual(before);
  });
});
