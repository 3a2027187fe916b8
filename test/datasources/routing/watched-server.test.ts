import { expect, it } from 'vitest';
import type { PostgresServer } from '../../../src/connections/postgres/postgres-database.ts';
import { WatchedServer } from '../../../src/datasources/routing/watched-server.ts';

const STATEMENT = { text: 'SELECT 1', values: [] };

/** Answers when it is told to. */
function hanging(): { server: PostgresServer; answer: (rows: object[]) => void } {
  let answer: (rows: object[]) => void = () => {};
  const query = <Row extends object>(): Promise<Row[]> =>
    new Promise((resolve) => {
      answer = (rows) => resolve(rows as Row[]);
    });
  return { server: { shard: 's0', role: 'replica', query }, answer: (rows) => answer(rows) };
}

it('gives up the statements under way once the server is found down', async () => {
  let down = false;
  const { server } = hanging();
  const watched = new WatchedServer(server, () => down);
  const read = watched.query(STATEMENT);
  watched.check();
  down = true;
  watched.check();
  await expect(read).rejects.toMatchObject({ code: 'SHARD_UNAVAILABLE', details: { shard: 's0' } });
});

it('passes on what a server answers that is not down', async () => {
  const { server, answer } = hanging();
  const watched = new WatchedServer(server, () => false);
  const read = watched.query(STATEMENT);
  watched.check();
  answer([{ one: 1 }]);
  expect(await read).toEqual([{ one: 1 }]);
});
