import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** 4.4.0 lacks a module in the registry. */
const KAFKA = '4.3.1';
const DEBEZIUM = '3.6.3.Final';
/** Without this one, nothing is logged. */
const LOG4J = '2.25.4';
const FOLDER = join(homedir(), '.cache', 'atlas', `kafka-${KAFKA}-debezium-${DEBEZIUM}`);
/** 70 MB, once. */
const DOWNLOAD_MS = 120_000;

/** The broker, Kafka Connect and Debezium's connector. */
export interface KafkaPrograms {
  /** Of the broker, its tools and Kafka Connect. */
  readonly classPath: string;
  /** For Kafka Connect's `plugin.path`. */
  readonly plugins: string;
  readonly java: string;
}

/** Downloads them with Maven the first time. @returns what this machine lacks, in words; null: nothing. */
export async function missingForKafka(): Promise<string | null> {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0);
  if (version < 17) return 'Java 17';
  if (existsSync(FOLDER)) return null;
  if (spawnSync('mvn', ['-v']).status !== 0) return 'Maven, which downloads Kafka';
  try {
    await download();
    return null;
  } catch (error) {
    return `Kafka, which Maven could not download (${String((error as Error).message).split('\n', 1)[0]})`;
  }
}

export function kafkaPrograms(): KafkaPrograms {
  return { java: 'java', classPath: join(FOLDER, 'jars', '*'), plugins: join(FOLDER, 'plugins') };
}

function dependency(group: string, artifact: string, version: string): string {
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
}

/** Complete or absent: the folder gets its name when everything is in it. */
async function download(): Promise<void> {
  mkdirSync(join(FOLDER, '..'), { recursive: true });
  const own = mkdtempSync(`${FOLDER}-`);
  try {
    writeFileSync(
      join(own, 'pom.xml'),
      `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>atlas</groupId><artifactId>kafka-programs</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', KAFKA)}
${dependency('org.apache.kafka', 'connect-runtime', KAFKA)}
${dependency('org.apache.kafka', 'kafka-tools', KAFKA)}
${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', LOG4J)}
</dependencies></project>`,
    );
    await maven(own, ['dependency:copy-dependencies', `-DoutputDirectory=${join(own, 'jars')}`]);
    const artifact = `io.debezium:debezium-connector-postgres:${DEBEZIUM}:tar.gz:plugin`;
    await maven(own, ['dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${own}`]);
    const archive = readdirSync(own).find((name) => name.endsWith('.tar.gz'));
    mkdirSync(join(own, 'plugins'));
    const unpacked = spawnSync('tar', ['-xzf', join(own, archive ?? ''), '-C', join(own, 'plugins')]);
    if (unpacked.status !== 0) throw new Error(`The connector's archive cannot be unpacked: ${unpacked.stderr}`);
    takeFirst(own);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

async function maven(folder: string, goal: readonly string[]): Promise<void> {
  await promisify(execFile)('mvn', ['--quiet', '--batch-mode', ...goal], { cwd: folder, timeout: DOWNLOAD_MS });
}

function takeFirst(own: string): void {
  try {
    renameSync(own, FOLDER);
  } catch (error) {
    if (!existsSync(FOLDER)) throw error;
  }
}
