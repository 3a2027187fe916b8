import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClickHouseDatabase } from '../../src/connections/clickhouse/clickhouse-database.ts';
import { advanceWatermark, readCopies } from '../../src/watermarks/clickhouse-watermarks.ts';
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

  for (const [index, { copyId, from, to }] of attempts.entries()) {
    const watermark = { copyId, lsn: to, heartbeatAt: 2, pendingMessages: 5 };
    await advanceWatermark(clickhouse, `s${index}`, from, watermark);
  }
  const found = await readCopies(clickhouse, shards);
  const states = shards.map((shard) => [shard, (found.get(shard) ?? []).map(({ ageMs, ...copy }) => copy)] as const);
  expect(states).toEqual(expected);
});
