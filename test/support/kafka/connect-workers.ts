import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../../src/embedded/free-ports.ts';
import { JavaProcess } from './java-process.ts';
import { type ConnectorStatus, connectorStatus, type KafkaEngines } from './kafka-engines.ts';
import { kafkaPrograms } from './kafka-programs.ts';

/** How long the group of the workers waits for one that says nothing, and then for its return. By default 10 s and 5 minutes. */
const SESSION_MS = 3_000;
const RETURN_MS = 2_000;

export interface ConnectWorkers {
  /** `host:port` of each worker's REST interface, by which Kafka Connect names it, too. */
  readonly names: readonly string[];
  worker(name: string): JavaProcess;
  /** The one that runs the connector's task, as the others see it; null: none does. */
  holder(): Promise<string | null>;
  /** As `captureThrough` needs Kafka Connect: starts all workers, and gives the connector to one of them. */
  readonly connect: { start(): Promise<void>; tail(): string };
  configure(connector: Readonly<Record<string, string>>): void;
  stop(): Promise<void>;
}

/** Kafka Connect as several workers of one group, which keep what they know in topics. They are not started. */
export async function connectWorkers(kafka: KafkaEngines, count: number): Promise<ConnectWorkers> {
  const programs = kafkaPrograms();
  const ports = await freePorts(Array(count).fill(null));
  const workers = new Map(
    ports.map((port) => {
      const name = `127.0.0.1:${port}`;
      const properties = join(kafka.folder, `worker-${port}.properties`);
      const lines = Object.entries(settings(kafka, name, programs.plugins));
      writeFileSync(properties, lines.map(([key, value]) => `${key}=${value}\n`).join(''));
      const worker = new JavaProcess({
        ...{ name: `worker-${port}`, java: programs.java, folder: kafka.folder, heapMb: 384 },
        ...{ classPath: `${kafka.folder}:${programs.classPath}`, arguments: [properties] },
        main: 'org.apache.kafka.connect.cli.ConnectDistributed',
        isReady: async () => (await fetch(`http://${name}/connectors`)).ok,
      });
      return [name, worker] as const;
    }),
  );
  const names = [...workers.keys()];
  const worker = (name: string) => {
    const found = workers.get(name);
    if (found === undefined) throw new RangeError(`There is no worker ${name}`);
    return found;
  };
  let connector: Readonly<Record<string, string>> = {};
  const running = () => names.filter((name) => !Number.isNaN(worker(name).pid));
  return {
    ...{ names, worker },
    async holder() {
      for (const name of running()) {
        const status: ConnectorStatus | null = await connectorStatus(`http://${name}`).catch(() => null);
        const task = status?.tasks?.find(
          ({ state, worker_id }) => state === 'RUNNING' && running().includes(worker_id),
        );
        if (task !== undefined) return task.worker_id;
      }
      return null;
    },
    configure: (config) => {
      connector = config;
    },
    connect: {
      start: async () => {
        await Promise.all([...workers.values()].map((one) => one.start()));
        const body = JSON.stringify({ name: connector.name ?? 'atlas', config: connector });
        const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
        // 409 while the workers agree on who does what.
        for (let tries = 0; ; tries++) {
          const answer = await fetch(`http://${names[0]}/connectors`, post);
          if (answer.status === 201) return;
          if (answer.status !== 409 || tries > 100) throw new Error(`${answer.status}: ${await answer.text()}`);
          await delay(200);
        }
      },
      tail: () => [...workers.values()].map((one) => one.tail()).join('\n'),
    },
    stop: async () => {
      await Promise.all([...workers.values()].map((one) => one.kill()));
    },
  };
}

function settings(kafka: KafkaEngines, name: string, plugins: string): Readonly<Record<string, string | number>> {
  const topics = ['config', 'offset', 'status'].flatMap((kind) => [
    [`${kind}.storage.topic`, `connect.${kind}`],
    [`${kind}.storage.replication.factor`, 1],
  ]);
  return {
    ...Object.fromEntries(topics),
    'offset.storage.partitions': 1,
    'status.storage.partitions': 1,
    'bootstrap.servers': kafka.bootstrap,
    'group.id': 'connect',
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'offset.flush.interval.ms': 1_000,
    'session.timeout.ms': SESSION_MS,
    'heartbeat.interval.ms': SESSION_MS / 3,
    'scheduled.rebalance.max.delay.ms': RETURN_MS,
    'plugin.path': plugins,
    'plugin.discovery': 'service_load',
    listeners: `http://${name}`,
    'rest.advertised.host.name': '127.0.0.1',
    'rest.advertised.port': name.split(':')[1] ?? '',
  };
}
