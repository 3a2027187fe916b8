import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { advanceWatermarks, readAdvanced } from '../../src/watermarks/advance-watermarks.ts';
import { readCopies } from '../../src/watermarks/clickhouse-watermarks.ts';
import { markCopy } from '../../src/watermarks/copy-markers.ts';
import { startClickHouse, type TestClickHouse } from '../support/clickhouse.ts';

let engine: TestClickHouse;
let clickhouse: ClickHouseDatabase;
beforeAll(async () => {
  engine = await startClickHouse();
  clickhouse = await engine.connect();
});
afterAll(() => engine?.stop());

interface Copy {
  readonly copyId: bigint;
  readonly lsn: bigint;
  readonly endsEarlier: boolean;
}

const oneIn = (n: number) => fc.nat({ max: n - 1 }).map((value) => value === 0);
const storedCopy = (copyId: bigint, positions: readonly bigint[], endsOneIn: number) =>
  fc.record({
    copyId: fc.constant(copyId),
    lsn: fc.constantFrom(...positions),
    endsEarlier: oneIn(endsOneIn),
    isDropped: oneIn(6),
  });
/** Such that each condition alone decides some of 60 attempts. */
const attempt = fc.record({
  stored: fc.tuple(
    storedCopy(1n, [0n, 10n, 30n], 2),
    storedCopy(2n, [0n, 10n, 30n], 3),
    storedCopy(3n, [0n, 10n, 20n], 3),
    storedCopy(4n, [0n, 0n, 0n, 10n], 6),
  ),
  copyId: fc.constantFrom(2n, 3n, 3n, 3n, 3n, 3n, 4n, 5n),
  from: fc.constantFrom(0n, 0n, 10n),
  to: fc.constantFrom(10n, 20n, 30n),
});

/** The position that the copy has afterwards; undefined if it may not advance. */
function advanced(copies: readonly Copy[], copyId: bigint, from: bigint, to: bigint): bigint | undefined {
  const own = copies.find((copy) => copy.copyId === copyId);
  if (own === undefined || own.lsn < from) return undefined;
  const later = copies.filter((copy) => copy.copyId > copyId);
  if (later.some((copy) => copy.lsn > 0n || copy.endsEarlier)) return undefined;
  if (!own.endsEarlier) {
    for (const earlier of copies.filter((copy) => copy.copyId < copyId)) {
      const isEnded = copies.some((copy) => copy.endsEarlier && copy.copyId > earlier.copyId && copy.copyId < copyId);
      if (!isEnded && earlier.lsn > to) return undefined;
    }
  }
  return to > own.lsn ? to : own.lsn;
}

it('lets a copy advance from where it is, unless a newer one follows or it would take over with less, whatever copies there are', async () => {
  const attempts = fc.sample(attempt, { numRuns: 60, seed: 1 });
  const shards = attempts.map((_, index) => `s${index}`);
  const rows = attempts.flatMap(({ stored }, index) =>
    stored.map(({ copyId, lsn, endsEarlier, isDropped }) => ({
      ...{ shard: `s${index}`, copy_id: String(copyId), lsn: String(lsn), ends_earlier: endsEarlier },
      ...{ is_dropped: Number(isDropped), pending_messages: 7, heartbeat_at: 1_000 },
    })),
  );
  await clickhouse.insert('replication_watermark', rows);

  let advances = 0;
  const expected = attempts.map(({ stored, copyId, from, to }, index) => {
    const copies = stored.filter(({ isDropped }) => !isDropped);
    const lsn = advanced(copies, copyId, from, to);
    if (lsn !== undefined) advances += 1;
    const state = copies.map((copy) => {
      const isNew = copy.copyId === copyId && lsn !== undefined && to >= copy.lsn;
      const { endsEarlier } = copy;
      if (!isNew) return { copyId: copy.copyId, lsn: copy.lsn, endsEarlier, heartbeatAt: 1, pendingMessages: 7 };
      return { copyId, lsn, endsEarlier, heartbeatAt: 2, pendingMessages: 5 };
    });
    return [`s${index}`, state.sort((a, b) => Number(b.copyId - a.copyId))] as const;
  });
  expect(advances).toBe(19);

  const left = attempts.map(({ copyId, from, to }, index) => ({
    ...{ shard: `s${index}`, from, copyId, lsn: to },
    ...{ heartbeatAt: 2, pendingMessages: 5 },
  }));
  // Alone, and with few and many others.
  for (let size = 1; left.length > 0; size += 1) await advanceWatermarks(clickhouse, left.splice(0, size));
  const found = await readCopies(clickhouse, shards);
  const states = shards.map((shard) => [shard, (found.get(shard) ?? []).map(({ ageMs, ...copy }) => copy)] as const);
  expect(states).toEqual(expected);
});

it('says of each advance what came of it', async () => {
  const own = { pending_messages: 0, ends_earlier: false };
  await clickhouse.insert('replication_watermark', [
    { shard: 't0', copy_id: '900', lsn: '10', ...own },
    { shard: 't1', copy_id: '901', lsn: '10', ...own },
    { shard: 't1', copy_id: '902', lsn: '0', ...own, ends_earlier: true },
    { shard: 't2', copy_id: '903', lsn: '0', ...own, is_dropped: 1 },
  ]);
  await markCopy(clickhouse, 't1', 901n);
  await markCopy(clickhouse, 't0', 900n);
  await clickhouse.command('TRUNCATE TABLE entity_attribute');
  const advances = [901n, 900n, 903n].map((copyId, place) => ({
    ...{ shard: ['t1', 't0', 't2'][place] ?? '', from: 10n, copyId },
    ...{ lsn: 20n, heartbeatAt: place === 1 ? null : 2, pendingMessages: 0 },
  }));
  await advanceWatermarks(clickhouse, advances);
  await markCopy(clickhouse, 't0', 900n);
  const copy = (copyId: bigint, lsn: bigint, endsEarlier = false) => ({ copyId, lsn, endsEarlier });
  const found = await readAdvanced(clickhouse, advances);
  const copiesOf = (shard: string) => [...(found.get(shard)?.copies ?? [])].sort((a, b) => Number(a.copyId - b.copyId));
  expect([...found.keys()]).toEqual(['t1', 't0', 't2']);
  expect(copiesOf('t0')).toEqual([copy(900n, 20n)]);
  expect(copiesOf('t1')).toEqual([copy(901n, 10n), copy(902n, 0n, true)]);
  expect(copiesOf('t2')).toEqual([]);
  // That of t1 is gone from one table.
  expect([...found.values()].map(({ isMarked }) => isMarked)).toEqual([false, true, false]);
  expect((await readCopies(clickhouse, ['t0'])).get('t0')?.[0]?.heartbeatAt).toBeNull();
});
