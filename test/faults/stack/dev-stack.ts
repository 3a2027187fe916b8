import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../../src/embedded/free-ports.ts';
import { AtlasProcess, type StackFile } from '../../support/atlas-process.ts';
import { processesIn } from '../../support/processes-in.ts';
import { temporaryDirectory } from '../../support/run-directory.ts';
import { AtlasPart, ended } from './atlas-part.ts';
import type { Part } from './part.ts';
import { PostgresPart } from './postgres-part.ts';
import { gone } from './process-tree.ts';
import { sql, sqlOnceBack } from './sql.ts';
import type { Stack } from './stack.ts';

const ENVIRONMENT = {
  ATLAS_REQUEST_TIMEOUT_MS: '10000',
  ATLAS_STATEMENT_TIMEOUT_MS: '8000',
  ATLAS_ANALYTICS_TIMEOUT_MS: '9000',
  // However small the data are.
  ATLAS_MERGE_LEAST_COST: '0',
};

/** `atlas dev`: everything but the Postgres servers in one process, which restarts them if they end. */
export async function startDevStack(): Promise<Stack> {
  const home = temporaryDirectory('faults-dev');
  const [port = 0] = await freePorts([null]);
  const url = `http://127.0.0.1:${port}`;
  const atlas = new AtlasPart({
    name: 'atlas',
    kind: 'atlas',
    args: ['dev', '--no-sample'],
    home,
    environment: { ...ENVIRONMENT, ATLAS_PORT: String(port) },
    ready: 'Ctrl-C',
  });
  const stop = async () => {
    for (const part of parts) part.resume();
    await atlas.terminate();
    // The guards of its servers outlive a process that was killed, until the servers have ended.
    await gone(processesIn(home).map(({ pid }) => pid));
    rmSync(home, { recursive: true, force: true });
  };
  const parts: Part[] = [atlas];
  try {
    await atlas.start();
    const { shards } = JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')) as StackFile;
    const servers = shards.flatMap(({ id, primary, replicas: [replica = ''] }) => [
      { shard: id, kind: 'primary' as const, uri: primary },
      { shard: id, kind: 'replica' as const, uri: replica },
    ]);
    for (const { shard, kind, uri } of servers) parts.push(await server(shard, kind, uri));
    return {
      topology: 'dev',
      shards: shards.map(({ id, primary, replicas: [replica = ''] }) => ({ id, primary, replica })),
      parts,
      urls: [url],
      healthUrls: [url],
      network: null,
      clickhouse: { part: atlas, directory: join(home, 'clickhouse'), sql: null },
      resnapshot: async () => {},
      run: (args) => ended(new AtlasProcess(args, home, ENVIRONMENT)),
      logs: () => ({ atlas: atlas.output, 'atlas.log': readFileSync(join(home, 'atlas.log'), 'utf8') }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function server(shard: string, kind: 'primary' | 'replica', uri: string): Promise<PostgresPart> {
  const [row] = await sql<{ data_directory: string }>(uri, 'SHOW data_directory');
  return new PostgresPart({
    name: `${shard}-${kind}`,
    kind,
    shard,
    dataDirectory: row?.data_directory ?? '',
    // The process that owns the server restarts it.
    start: () => sqlOnceBack(uri, 'SELECT 1'),
  });
}
