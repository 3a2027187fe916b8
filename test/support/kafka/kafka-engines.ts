import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts } from '../../../src/embedded/free-ports.ts';
import { temporaryDirectory } from '../run-directory.ts';
import { selfSigned } from '../self-signed.ts';
import { JavaProcess } from './java-process.ts';
import { kafkaPrograms } from './kafka-programs.ts';

export interface KafkaEngines {
  /** `host:port` of each broker, separated by commas. */
  readonly bootstrap: string;
  /** Of the first broker: `host:port` that takes TLS and the user `atlas` only. */
  readonly secured: SecuredListener;
  /** Of Kafka Connect's REST interface. */
  readonly connectUrl: string;
  /** The first one. */
  readonly broker: JavaProcess;
  readonly brokers: readonly JavaProcess[];
  /** Started by the first connector. */
  readonly connect: JavaProcess;
  readonly folder: string;
  /** Writes the connector's configuration, with which Kafka Connect starts. */
  configure(connector: Readonly<Record<string, string>>): void;
  /** Forgets how far connectors have come. Kafka Connect must not run. */
  forgetOffsets(): void;
  stop(): Promise<void>;
}

export interface SecuredListener {
  readonly bootstrap: string;
  /** The file of the authority that has signed the broker's certificate. */
  readonly ca: string;
  readonly username: string;
  readonly passwordFile: string;
}

const USER = 'atlas';
const PASSWORD = 'of-the-broker';
const SCRAM = `SCRAM-SHA-512=[name=${USER},password=${PASSWORD}]`;

const LOG = `
status = warn
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1} %m%n%throwable
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.postgres.name = io.debezium.connector.postgresql
logger.postgres.level = info
`;

interface Node {
  readonly id: number;
  readonly port: number;
  readonly controller: number;
  readonly secured: number;
}

/** Brokers in KRaft mode, and Kafka Connect with Debezium's connector for Postgres, each in a process of its own. */
export async function startKafka(count = 1): Promise<KafkaEngines> {
  const programs = kafkaPrograms();
  const folder = temporaryDirectory('kafka');
  const [rest = 0, ...ports] = await freePorts(Array(1 + 3 * count).fill(null));
  const nodes = Array.from({ length: count }, (_, index): Node => {
    const [port = 0, controller = 0, secured = 0] = ports.slice(3 * index);
    return { id: index + 1, port, controller, secured };
  });
  const certified = selfSigned('127.0.0.1');
  const keystore = join(folder, 'keystore.pem');
  const ca = join(folder, 'ca.pem');
  const password = join(folder, 'password');
  writeFileSync(keystore, certified.key + certified.certificate);
  writeFileSync(ca, certified.certificate);
  writeFileSync(password, `${PASSWORD}\n`);
  const bootstrap = nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const connectUrl = `http://127.0.0.1:${rest}`;
  const file = (name: string, lines: Readonly<Record<string, string | number>>) => {
    const path = join(folder, name);
    writeFileSync(
      path,
      Object.entries(lines)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    return path;
  };
  writeFileSync(join(folder, 'log4j2.properties'), LOG);
  const copies = Math.min(3, count);
  const server = ({ id, port, controller, secured }: Node) =>
    file(`server-${id}.properties`, {
      'process.roles': 'broker,controller',
      'node.id': id,
      'controller.quorum.voters': nodes.map((node) => `${node.id}@127.0.0.1:${node.controller}`).join(','),
      listeners: `PLAINTEXT://127.0.0.1:${port},SECURED://127.0.0.1:${secured},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},SECURED://127.0.0.1:${secured}`,
      'listener.name.secured.ssl.keystore.type': 'PEM',
      'listener.name.secured.ssl.keystore.location': keystore,
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
      'listener.name.secured.scram-sha-512.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      'listener.name.secured.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
      'controller.listener.names': 'CONTROLLER',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL',
      'log.dirs': join(folder, `broker-${id}`),
      'auto.create.topics.enable': 'false',
      'offsets.topic.replication.factor': copies,
      'default.replication.factor': copies,
      'offsets.topic.num.partitions': 1,
      'transaction.state.log.replication.factor': copies,
      'transaction.state.log.min.isr': 1,
      'group.initial.rebalance.delay.ms': 0,
      'group.min.session.timeout.ms': 1_000,
      'log.cleaner.dedupe.buffer.size': 2 ** 21,
    });
  const worker = file('worker.properties', {
    'bootstrap.servers': bootstrap,
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'offset.storage.file.filename': join(folder, 'connect.offsets'),
    'offset.flush.interval.ms': 1_000,
    'plugin.path': programs.plugins,
    // Scanning takes seconds.
    'plugin.discovery': 'service_load',
    listeners: connectUrl,
    'config.providers': 'file',
    'config.providers.file.class': 'org.apache.kafka.common.config.provider.FileConfigProvider',
  });
  const connectorFile = join(folder, 'connector.json');
  const flags = { java: programs.java, classPath: `${folder}:${programs.classPath}`, folder };
  const servers = nodes.map((node) => ({ node, properties: server(node) }));
  const brokers = servers.map(
    ({ node, properties }) =>
      new JavaProcess({
        ...flags,
        ...{ name: `broker-${node.id}`, heapMb: 384, main: 'kafka.Kafka', arguments: [properties] },
        isReady: () => accepts(node.port),
      }),
  );
  const connectProcess = new JavaProcess({
    ...flags,
    ...{ name: 'connect', heapMb: 384, main: 'org.apache.kafka.connect.cli.ConnectStandalone' },
    arguments: [worker, connectorFile],
    isReady: () => isRunning(connectUrl),
  });
  const stop = async () => {
    await connectProcess.kill();
    await Promise.all(brokers.map((broker) => broker.kill()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(
      servers.map(async ({ node, properties }, index) => {
        mkdirSync(join(folder, `broker-${node.id}`));
        const format = ['-cp', flags.classPath, 'kafka.tools.StorageTool', 'format', '--config', properties];
        const cluster = ['--cluster-id', 'YXRsYXMtdGVzdC1jbHVzdA', '--add-scram', SCRAM];
        await promisify(execFile)(programs.java, [...format, ...cluster]);
        await brokers[index]?.start();
      }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const [first] = brokers;
  if (first === undefined) throw new RangeError('There is at least one broker');
  return {
    ...{ bootstrap, connectUrl, brokers, folder, stop },
    broker: first,
    secured: { bootstrap: `127.0.0.1:${nodes[0]?.secured}`, ca, username: USER, passwordFile: password },
    connect: connectProcess,
    configure: (config) => {
      writeFileSync(connectorFile, JSON.stringify({ name: config.name ?? 'atlas', config }));
    },
    forgetOffsets: () => rmSync(join(folder, 'connect.offsets'), { force: true }),
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

export interface ConnectorStatus {
  readonly connector: { readonly state: string };
  readonly tasks: readonly { readonly state: string; readonly worker_id: string; readonly trace?: string }[];
}

/** The state of Kafka Connect's only connector. @throws if there is no answer within two seconds. */
export async function connectorStatus(connectUrl: string): Promise<ConnectorStatus | null> {
  const get = async (path: string) =>
    (await fetch(`${connectUrl}/connectors${path}`, { signal: AbortSignal.timeout(2_000) })).json();
  const [name] = (await get('')) as string[];
  return name === undefined ? null : ((await get(`/${name}/status`)) as ConnectorStatus);
}

async function isRunning(connectUrl: string): Promise<boolean> {
  const status = await connectorStatus(connectUrl);
  return status !== null && status.tasks.length > 0;
}
