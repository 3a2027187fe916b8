import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { put } from '../../replication/support/replicated-data.ts';
import { replicate, startShardDatabase } from '../../replication/support/replicated-shard.ts';
import { startClickHouse } from '../clickhouse.ts';
import { useRunDirectory } from '../run-directory.ts';
import { openTestRun } from '../test-run.ts';
import { captureThrough } from './captured-topic.ts';
import { startKafka } from './kafka-engines.ts';
import { missingForKafka } from './kafka-programs.ts';

/** `npm run kafka:record`: what the real connector sends for each kind of change, for the tests that start no engine. */
const FILE = join(import.meta.dirname, '../../replication/source/kafka/recorded-messages.json');

const missing = await missingForKafka();
if (missing !== null) throw new Error(`This machine lacks ${missing}`);
const testRun = await openTestRun();
useRunDirectory(testRun.directory);
const [kafka, database, engine] = await Promise.all([startKafka(), startShardDatabase(), startClickHouse()]);
const shard = replicate(database, await engine.connect());
const topic = await captureThrough(kafka, shard, 'recorded');
try {
  await put(shard, 1, { '1': 'before the snapshot' });
  await topic.startConnector({ 'snapshot.mode': 'initial', 'tombstones.on.delete': 'true' });
  await shard.beat();
  await shard.beat();
  await shard.sql(
    `INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes, text_1, number_1, boolean_1, timestamp_1)
     VALUES (1, 9223372036854775807, 'thing', 9007199254740993, '2024-01-02 03:04:05.678+00', '2024-01-02 03:04:05.678+00',
             '{"1": "ü \\" ,\\"entity_id\\":12", "2": 0.1}', 'text', '-0', true, '2024-05-06 07:08:09.1+02')`,
  );
  await shard.sql(
    `UPDATE atlas.entity SET version = 2, attributes = '{"1": "only"}' WHERE entity_id = 9223372036854775807`,
  );
  await put(shard, 2, { '1': Array.from({ length: 700 }, (_, index) => `${index * 7919}`).join(' ') });
  await shard.sql('ALTER TABLE atlas.entity ALTER COLUMN attributes SET STORAGE EXTERNAL');
  await shard.sql('UPDATE atlas.entity SET version = 2, number_1 = 1e300 WHERE entity_id = 2');
  await shard.sql(
    `DO $$ BEGIN
       INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
         SELECT 1, i, 'thing', 1, now(), now(), '{}' FROM generate_series(3, 4) i;
       UPDATE atlas.entity SET version = 2 WHERE entity_id = 3;
       DELETE FROM atlas.entity WHERE entity_id = 4;
     END $$`,
  );
  await shard.sql('UPDATE atlas.entity SET entity_id = 5 WHERE entity_id = 3');
  await shard.sql(
    `INSERT INTO atlas.audit (tenant_id, at, subject, operation, entity_id, old_version, new_version)
     VALUES (1, '2024-01-02 03:04:05.678901+00', 'someone', 'UPDATE_ENTITY', 5, 1, 2)`,
  );
  await shard.sql("SELECT pg_logical_emit_message(true, 'atlas.resync', '1795360914000000')");
  await shard.sql("SELECT pg_logical_emit_message(true, 'another', 'program')");
  await shard.sql('TRUNCATE atlas.entity');
  await shard.beat();
  const last = await shard.beat();
  const values: (string | null)[] = [];
  const from = [{ topic: topic.topic, partition: 0, offset: 0n }];
  for await (const messages of (await joined()).messages(from, AbortSignal.timeout(60_000))) {
    const texts = messages.map(({ value }) => value?.toString('utf8') ?? null);
    values.push(...texts);
    if (texts.some((text) => text !== null && Date.parse(String(heartbeatOf(text))) >= Math.floor(last))) break;
  }
  // One text per message, as it came: numbers may exceed what a double holds.
  writeFileSync(FILE, `${JSON.stringify(values, null, 1)}\n`);
  process.stdout.write(`${values.length} messages are in ${FILE}.\n`);
} finally {
  await topic.stop();
  await kafka.stop();
  await shard.stop();
  await engine.stop();
  await testRun.close();
}
process.exit();

async function joined() {
  const membership = await topic.cluster.join('recorder', topic.topic, 6_000);
  if (membership === null) throw new Error('The topic is read by another process');
  return membership;
}

function heartbeatOf(text: string): string | null {
  return (JSON.parse(text) as { after?: { heartbeat_at?: string } }).after?.heartbeat_at ?? null;
}
