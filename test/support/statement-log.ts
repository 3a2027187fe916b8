import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { StackFile } from './atlas-process.ts';

/**
 * The statements executed according to the embedded servers' logs. `log_statement` is enabled for the connections of
 * `atlas serve`, without those that set the tenant or ask which catalog the shard needs, and the logs are read from where `during` started to where it ended.
 */
export async function loggedStatements(
  home: string,
  shards: StackFile['shards'],
  during: () => Promise<void>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const servers = shards.flatMap(({ id, primary, replicas }) => [
    { name: `${id} primary`, url: primary, log: join(home, 'postgres', id, 'primary.log') },
    ...replicas.map((url) => ({ name: `${id} replica`, url, log: join(home, 'postgres', id, 'replica.log') })),
  ]);
  await Promise.all(servers.map(({ url }) => alterSystem(url, ["log_statement = 'all'", "log_line_prefix = '%a|'"])));
  const starts = servers.map(({ log }) => sizeOf(log));
  await during();
  await Promise.all(
    servers.map(({ url }) => alterSystem(url, ['log_statement = DEFAULT', 'log_line_prefix = DEFAULT'])),
  );
  return new Map(
    servers.map(({ name, log }, index) => [
      name,
      readFrom(log, starts[index] ?? 0)
        .split('\n')
        .filter((line) => /^atlas serve\|LOG: {2}(execute (?!atlas_tenant|needed_catalog)|statement)/.test(line)),
    ]),
  );
}

async function alterSystem(url: string, assignments: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const assignment of assignments) await client.query(`ALTER SYSTEM SET ${assignment}`);
    const { rows } = await client.query<{ before: Date }>('SELECT pg_conf_load_time() AS before, pg_reload_conf()');
    const before = rows[0]?.before.getTime() ?? 0;
    // Sessions apply new settings once the postmaster has: it signals them, and they reload before each statement.
    for (let after = before; after === before; ) {
      const loaded = await client.query<{ after: Date }>('SELECT pg_conf_load_time() AS after');
      after = loaded.rows[0]?.after.getTime() ?? before;
    }
  } finally {
    await client.end();
  }
}

function sizeOf(path: string): number {
  const file = openSync(path, 'r');
  try {
    return fstatSync(file).size;
  } finally {
    closeSync(file);
  }
}

function readFrom(path: string, start: number): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(fstatSync(file).size - start);
    readSync(file, buffer, 0, buffer.length, start);
    return buffer.toString('utf8');
  } finally {
    closeSync(file);
  }
}
