import { expect, it } from 'vitest';
import type { PostgresServer, Statement } from '../../../src/connections/postgres/postgres-database.ts';
import { WatchedServer } from '../../../src/datasources/routing/watched-server.ts';
import { untilAborted } from '../../../src/lib/abort.ts';

const STATEMENT = { text: 'SELECT 1', values: [] };

/** Answers on demand, and rejects when its signal aborts, as every server does. */
function hanging(): { server: PostgresServer; answer: (rows: object[]) => void } {
  let answer: (rows: object[]) => void = () => {};
  const query = <Row extends object>(_: Statement, signal?: AbortSignal): Promise<Row[]> =>
    untilAborted(
      new Promise((resolve) => {
        answer = (rows) => resolve(rows as Row[]);
      }),
      signal,
    );
  return { server: { shard: 's0', role: 'replica', query }, answer: (rows) => answer(rows) };
}

it('aborts the running statements once the server is found down', async () => {
  let down = false;
  const { server } = hanging();
  const watched = new WatchedServer(server, () => down);
  const read = watched.query(STATEMENT);
  watched.check();
  down = true;
  watched.check();
  await expect(read).rejects.toMatchObject({ code: 'SHARD_UNAVAILABLE', outcome: 'down', details: { shard: 's0' } });
});

it('passes on the answers of a server that is not down', async () => {
  const { server, answer } = hanging();
  const watched = new WatchedServer(server, () => false);
  const read = watched.query(STATEMENT);
  watched.check();
  answer([{ one: 1 }]);
  expect(await read).toEqual([{ one: 1 }]);
});

it('passes on the abort of a request', async () => {
  const watched = new WatchedServer(hanging().server, () => false);
  const controller = new AbortController();
  const read = watched.query(STATEMENT, controller.signal);
  const reason = new Error('the client has gone');
  controller.abort(reason);
  await expect(read).rejects.toBe(reason);
  await expect(watched.query(STATEMENT, controller.signal)).rejects.toBe(reason);
});
