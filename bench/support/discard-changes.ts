import type { EventEmitter } from 'node:events';
import pg from 'pg';
import { parseLsn } from '../../src/replication/source/slot/lsn.ts';
import { CDC_PUBLICATION } from '../../src/replication/source/slot/publication.ts';

const WAL_DATA = 0x77;
const KEEPALIVE = 0x6b;

/**
 * What pg_recvlogical does with /dev/null as its file: receives the changes of a slot as the server sends them, and drops them, decoded by nobody.
 * It needs no programs of Postgres that npm does not install. @returns once everything before the position has come.
 */
export async function discardChanges(connectionString: string, slot: string, to: string): Promise<void> {
  const target = parseLsn(to);
  const config = { connectionString, replication: 'database' };
  const client = new pg.Client(config);
  client.on('error', () => {});
  await client.connect();
  const { connection } = client as unknown as { connection: EventEmitter & { stream: { destroy(): void } } };
  const reached = new Promise<void>((resolve) => {
    connection.on('copyData', ({ chunk }: { chunk: Buffer }) => {
      const position = chunk[0] === WAL_DATA || chunk[0] === KEEPALIVE ? chunk.readBigUInt64BE(1) : 0n;
      if (position >= target) resolve();
    });
  });
  const options = `proto_version '1', publication_names '${CDC_PUBLICATION}', messages 'true'`;
  const ended = client.query(`START_REPLICATION SLOT ${slot} LOGICAL 0/0 (${options})`);
  await Promise.race([reached, ended]);
  ended.catch(() => {});
  connection.stream.destroy();
}
