import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TopicDefinition } from '../../../../src/replication/source/kafka/topic-definition.ts';
import { Deployment, health, healthy } from '../../../deployment/support/deployment.ts';
import { countedInClickHouse, definePlayers, setScores } from '../../../deployment/support/players.ts';
import { type KafkaEngines, startKafka } from '../../../support/kafka/kafka-engines.ts';
import { missingForKafka } from '../../../support/kafka/kafka-programs.ts';
import { createDefined } from '../../../support/kafka/topic-administration.ts';

/** `npm run kafka`. */
const isAsked = process.env.ATLAS_TEST_KAFKA === 'long' && (await missingForKafka()) === null;

interface Printed {
  readonly topics: readonly TopicDefinition[];
  readonly connectors: readonly { readonly name: string; readonly config: Readonly<Record<string, string>> }[];
}

describe.skipIf(!isAsked)('a deployment whose changes come through Kafka', () => {
  let deployment: Deployment;
  let kafka: KafkaEngines;
  beforeAll(async () => {
    [deployment, kafka] = await Promise.all([Deployment.start(7), startKafka()]);
  }, 240_000);
  afterAll(async () => {
    await deployment?.stop();
    await kafka?.stop();
  }, 60_000);

  it('is set up by the printed configuration, and answers from ClickHouse', { timeout: 240_000 }, async () => {
    const secrets = join(kafka.folder, 'secrets.properties');
    const { ATLAS_SHARDS = '' } = deployment.stores.environment('replicate');
    const { shards } = JSON.parse(ATLAS_SHARDS) as { shards: { id: string; primary: string }[] };
    writeFileSync(secrets, shards.map(({ id, primary }) => `${id}=${new URL(primary).password}\n`).join(''));
    const settings = {
      ...{ ATLAS_CAPTURE: 'kafka', ATLAS_KAFKA_BROKERS: kafka.bootstrap },
      ...{ ATLAS_KAFKA_PARTITIONS: '3', ATLAS_KAFKA_REPLICATION_FACTOR: '1' },
      ATLAS_KAFKA_CONNECTOR_PASSWORD: `\${file:${secrets}:{shard}}`,
    };
    expect(await deployment.run('migrate')).toMatchObject({ code: 0 });
    expect((await deployment.run('doctor', settings)).output).toMatch(
      /slot atlas_cdc on the primary of shard s1 does not exist; start the connector as "atlas kafka config" describes it/,
    );
    const { output } = await deployment.run('kafka config', settings);
    const { topics, connectors } = JSON.parse(output) as Printed;
    for (const topic of topics) await createDefined(kafka.bootstrap, topic);
    const [first, ...others] = connectors;
    kafka.configure(first?.config ?? {});
    await kafka.connect.start();
    for (const connector of others) {
      const answer = await fetch(`${kafka.connectUrl}/connectors`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(connector) },
      });
      expect(answer.status).toBe(201);
    }
    const serve = await deployment.start('serve', settings);
    const replicate = await deployment.start('replicate', settings);
    await vi.waitFor(() => healthy(replicate.url, 'replication'), { timeout: 90_000 });
    await definePlayers(deployment, serve.url);
    await setScores(deployment, serve.url, 1);
    await countedInClickHouse(deployment, serve.url, 1);
    const ofShard = (shard: string) => [
      ...[0, 1, 2].map((partition) => ({ topic: `atlas.changes.${shard}`, partition })),
      { topic: `atlas.changes.${shard}.transactions`, partition: 0 },
    ];
    for (const { url } of [serve, replicate]) {
      await healthy(url, 'replication');
      expect((await health(url, 'replication')).body).toMatchObject({
        components: {
          kafka: {
            status: 'healthy',
            shards: { s0: { partitions: ofShard('s0') }, s1: { partitions: ofShard('s1') } },
          },
        },
      });
    }
  });
});
