import { describe, expect, it } from 'vitest';
import type { PostgresServer, Statement } from '../../../src/connections/postgres/postgres-database.ts';
import { busy, down } from '../../../src/connections/postgres/translate-postgres-error.ts';
import { StatementWatch } from '../../../src/datasources/routing/statement-watch.ts';
import { WatchedClickHouse } from '../../../src/datasources/routing/watched-clickhouse.ts';
import { WatchedServer } from '../../../src/datasources/routing/watched-server.ts';
import { SourceError } from '../../../src/domain/source-error.ts';
import { untilAborted } from '../../../src/lib/abort.ts';
import { remainingMs, startDeadline } from '../../../src/lib/deadline.ts';

const STATEMENT = { text: 'SELECT 1', values: [] };
const NAME = { shard: 's0', role: 'replica' } as const;

/** Settles on demand, and rejects when its signal aborts, as every server does. */
function hanging() {
  let answer: (rows: object[]) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const query = <Row extends object>(_: Statement, signal?: AbortSignal): Promise<Row[]> =>
    untilAborted(
      new Promise((resolve, reject) => {
        answer = (rows) => resolve(rows as Row[]);
        fail = reject;
      }),
      signal,
    );
  const server: PostgresServer = { ...NAME, query };
  return {
    server,
    answer: (rows: object[]) => answer(rows),
    fail: (error: Error) => fail(error),
  };
}

/** Begins at 100. The server was last heard at 90. */
function watched() {
  const state = { now: 100, heardAt: 90 as number | null, answers: 0 };
  const watch = new StatementWatch({
    heardAt: () => state.heardAt,
    onAnswer: () => {
      state.answers += 1;
    },
    down: () => down(NAME),
    clock: { now: () => state.now },
  });
  const { server, answer, fail } = hanging();
  return { state, watch, server: new WatchedServer(server, watch), answer, fail };
}

describe('a watched server', () => {
  it('has its running statements aborted once it counts as down', async () => {
    const { state, watch, server } = watched();
    const read = server.query(STATEMENT);
    watch.check();
    state.heardAt = null;
    watch.check();
    await expect(read).rejects.toMatchObject({ code: 'SHARD_UNAVAILABLE', outcome: 'down', details: { shard: 's0' } });
    expect(state.answers).toBe(0);
  });

  it('passes its answers on, each of which shows that it is up', async () => {
    const { state, watch, server, answer } = watched();
    const read = server.query(STATEMENT);
    watch.check();
    answer([{ one: 1 }]);
    expect(await read).toEqual([{ one: 1 }]);
    expect(state.answers).toBe(1);
  });

  it('is up if it ends a statement that ran out of time', async () => {
    const { state, server, fail } = watched();
    const read = server.query(STATEMENT);
    fail(new SourceError('slow', 'TIMEOUT', 'ran out of time'));
    await expect(read).rejects.toMatchObject({ outcome: 'slow' });
    expect(state.answers).toBe(1);
  });

  it('is busy if it answered somebody while a statement waited for a connection, otherwise it hangs', async () => {
    const { state, server, fail } = watched();
    const first = server.query(STATEMENT);
    fail(busy(NAME));
    await expect(first).rejects.toMatchObject({ outcome: 'down' });
    const second = server.query(STATEMENT);
    state.heardAt = 150;
    fail(busy(NAME));
    await expect(second).rejects.toMatchObject({ outcome: 'busy' });
    expect(state.answers).toBe(0);
  });

  it('is aborted with its request', async () => {
    const { server } = watched();
    const controller = new AbortController();
    const read = server.query(STATEMENT, controller.signal);
    const reason = new Error('the client has gone');
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
    await expect(server.query(STATEMENT, controller.signal)).rejects.toBe(reason);
  });
});

it('a watched ClickHouse gets the deadline of the request with every statement', async () => {
  const { watch } = watched();
  const deadline = startDeadline(60_000, () => new Error('late'));
  const seen: (number | null)[] = [];
  const query = async (_text: string, _parameters: unknown, signal?: AbortSignal) => {
    seen.push(remainingMs(signal));
    return [];
  };
  const clickhouse = new WatchedClickHouse({ query, catchUp: async () => {}, serverChanges: 0 }, watch);
  await clickhouse.query('SELECT 1', undefined, deadline.signal);
  await clickhouse.query('SELECT 1');
  deadline.clear();
  expect(seen).toEqual([expect.any(Number), null]);
  expect(seen[0]).toBeGreaterThan(50_000);
});
