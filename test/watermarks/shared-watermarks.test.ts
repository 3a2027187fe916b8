import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ClickHouseParameters, ClickHouseSession } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { SharedWatermarks } from '../../src/watermarks/shared-watermarks.ts';

const { signal } = new AbortController();
const ticks = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

/** A session whose watermark of copy 7 of s0 goes on by one with each statement, which ends when it is told to. */
function session(shards: readonly string[] = ['s0']) {
  const sent: { readonly isAfter: boolean; readonly copies: readonly bigint[]; end(error?: Error): void }[] = [];
  const state = { serverChanges: 0, caughtUp: 0, catchUp: async () => {} };
  const database: ClickHouseSession = {
    get serverChanges() {
      return state.serverChanges;
    },
    query: <Row extends object>(_text: string, parameters: ClickHouseParameters = {}) => {
      const lsn = String(sent.length + 1);
      const isAfter = 'copies' in parameters;
      const copies = isAfter ? (parameters.copies as bigint[]) : [];
      const known = { shard: 's0', copy_id: '7', heartbeat_at: `${lsn}000`, ends_earlier: false };
      const row = isAfter
        ? { ...known, source: 'replication_watermark', newest: lsn, oldest: null }
        : { ...known, lsn, pending_messages: '0', age_ms: '0' };
      return new Promise<Row[]>((resolve, reject) => {
        sent.push({
          isAfter,
          copies,
          end: (error) => (error === undefined ? resolve([row] as object[] as Row[]) : reject(error)),
        });
      });
    },
    catchUp: async () => {
      state.caughtUp += 1;
      await state.catchUp();
    },
  };
  return { sent, state, watermarks: new SharedWatermarks(database, shards) };
}

const READ = new Map([['s0', { copyId: 7n }]]);
const lsnOf = async (known: ReturnType<SharedWatermarks['before']>) => (await known).copies.get('s0')?.lsn;

it('what one read has ended with is what the next one begins with, as long as it may be known for', async () => {
  const { sent, watermarks } = session();
  const first = watermarks.before(100, signal);
  await ticks();
  sent[0]?.end();
  expect(await lsnOf(first)).toBe(1n);
  const after = watermarks.after(READ, signal);
  await ticks();
  vi.advanceTimersByTime(30);
  sent[1]?.end();
  await after;
  vi.advanceTimersByTime(70);
  expect(await watermarks.before(100, signal)).toEqual({
    ...{ copies: new Map([['s0', { copyId: 7n, lsn: 2n, heartbeatAt: 2 }]]), serverChanges: 0 },
    ...{ sentAt: performance.now() - 100, isCaughtUp: false },
  });
  expect(sent).toHaveLength(2);
  // Its age counts from when it was asked for.
  vi.advanceTimersByTime(1);
  const late = watermarks.before(100, signal);
  await ticks();
  sent[2]?.end();
  expect(await lsnOf(late)).toBe(3n);
});

it('a read that needs what is there now asks for it, although others are being asked for', async () => {
  const { sent, watermarks } = session();
  const first = watermarks.before(100, signal);
  await ticks();
  const [now, joined] = [watermarks.before(0, signal), watermarks.before(100, signal)];
  await ticks();
  expect(sent).toHaveLength(1);
  sent[0]?.end();
  expect(await Promise.all([lsnOf(first), lsnOf(joined)])).toEqual([1n, 1n]);
  await ticks();
  sent[1]?.end();
  expect(await lsnOf(now)).toBe(2n);
});

it('a read waits for what is being asked for only if that was asked for no longer ago than it may be known for', async () => {
  const { sent, watermarks } = session();
  const first = watermarks.before(100, signal);
  await ticks();
  vi.advanceTimersByTime(20);
  const [joined, anew] = [watermarks.before(100, signal), watermarks.before(10, signal)];
  sent[0]?.end();
  expect(await Promise.all([lsnOf(first), lsnOf(joined)])).toEqual([1n, 1n]);
  await ticks();
  sent[1]?.end();
  expect(await lsnOf(anew)).toBe(2n);
});

it('reads that end while a statement runs share the next one, which looks for the copies of all of them', async () => {
  const { sent, watermarks } = session();
  const first = watermarks.after(READ, signal);
  await ticks();
  const [second, third] = [watermarks.after(READ, signal), watermarks.after(new Map([['s1', { copyId: 9n }]]), signal)];
  await ticks();
  expect(sent.map(({ copies }) => copies)).toEqual([[7n]]);
  sent[0]?.end();
  await first;
  await ticks();
  expect(sent.map(({ copies }) => copies)).toEqual([[7n], [7n, 9n]]);
  sent[1]?.end();
  await Promise.all([second, third]);
});

it('what is not known of every shard is asked for anew', async () => {
  const { sent, watermarks } = session(['s0', 's1']);
  const first = watermarks.before(100, signal);
  await ticks();
  sent[0]?.end();
  expect([...(await first).copies.keys()]).toEqual(['s0']);
  const second = watermarks.before(100, signal);
  await ticks();
  sent[1]?.end();
  expect(await lsnOf(second)).toBe(2n);
});

it('what another server has said is not what a read begins with', async () => {
  const { sent, state, watermarks } = session();
  const first = watermarks.before(100, signal);
  await ticks();
  sent[0]?.end();
  await first;
  state.serverChanges = 1;
  const second = watermarks.before(100, signal);
  await ticks();
  sent[1]?.end();
  expect(await second).toMatchObject({ serverChanges: 1 });
});

it('a server that has a watermark catches up with it before anything is read, once', async () => {
  const { sent, state, watermarks } = session();
  const ended = watermarks.after(READ, signal);
  await ticks();
  sent[0]?.end();
  await ended;
  expect(state.caughtUp).toBe(0);
  state.catchUp = () => Promise.reject(new Error('behind'));
  await expect(watermarks.before(100, signal)).rejects.toThrow('behind');
  state.catchUp = async () => {};
  expect(await lsnOf(watermarks.before(100, signal))).toBe(1n);
  expect(await lsnOf(watermarks.before(100, signal))).toBe(1n);
  expect(state.caughtUp).toBe(2);
  expect(sent).toHaveLength(1);
});

it('a statement that fails fails for those who waited for it, and nothing is known of it', async () => {
  const { sent, watermarks } = session();
  const [one, other] = [watermarks.after(READ, signal), watermarks.after(READ, signal)];
  await ticks();
  sent[0]?.end(new Error('down'));
  await expect(one).rejects.toThrow('down');
  await expect(other).rejects.toThrow('down');
  const next = watermarks.before(100, signal);
  await ticks();
  expect(sent.map(({ isAfter }) => isAfter)).toEqual([true, false]);
  sent[1]?.end();
  expect(await lsnOf(next)).toBe(2n);
});
