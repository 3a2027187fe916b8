import { setTimeout as delay } from 'node:timers/promises';
import { changeVersion } from '../replication/change.ts';
import { writtenPosition } from '../watermarks/wal-position.ts';
import type { ClickHouseCopy } from './clickhouse-copy.ts';
import type { CommonPosition } from './common-position.ts';
import { compareRows, type UnsettledRow } from './compare-rows.ts';
import { compareDifferences, type RowDifference, rowText } from './difference.ts';
import { type EntityKey, keyText } from './entity-range.ts';
import { readPostgresRows } from './postgres-rows.ts';
import type { ComparedShard, ComparisonOptions } from './shard-comparison.ts';

/** How often entities that keep changing are read again before they are left to the next pass. */
const ROUNDS = 4;
const FIRST_PAUSE_MS = 50;

export interface SettledRows {
  readonly differences: readonly RowDifference[];
  /** Rows that changed whenever they were compared. Each change has written them anew. */
  readonly unsettled: number;
}

/**
 * Decides which rows of these entities differ. A row that may have changed between the two readings is read again, and one that
 * differs counts once two successive readings have shown the same.
 */
export async function settleRows(
  shard: ComparedShard,
  copy: ClickHouseCopy,
  position: CommonPosition,
  suspects: readonly EntityKey[],
  options: ComparisonOptions,
  signal: AbortSignal,
): Promise<SettledRows> {
  const { server, primary } = shard;
  const certain = new Map<string, RowDifference>();
  let seen = new Map<string, string>();
  let open = suspects;
  let unsettled: readonly UnsettledRow[] = [];
  for (let round = 0; open.length > 0 && round < ROUNDS; round++) {
    if (round > 0) await delay(FIRST_PAUSE_MS * 2 ** (round - 1), undefined, { signal });
    const postgres = await readPostgresRows(server, open, options.form, signal);
    const clickhouse = await position.readAt(postgres.upper, () => copy.rows(open, options.form, signal), signal);
    const compared = compareRows(server.shard, postgres, clickhouse, options.form);
    const beyond = await beyondEnd(primary, compared.unsettled, signal);
    unsettled = compared.unsettled.filter((row) => !beyond.includes(row));
    const found = [...compared.differences, ...beyond.map((row) => fromTheFuture(server.shard, row))];
    const again = new Map(unsettled.map(({ key }) => [keyText(key), key]));
    const current = new Map<string, string>();
    for (const difference of found) {
      const { key, attributeId, kind, columns } = difference;
      const row = rowText(key.tenantId, key.entityId, attributeId);
      const what = JSON.stringify([kind, columns]);
      current.set(row, what);
      if (seen.get(row) === what) certain.set(row, difference);
      else again.set(keyText(key), key);
    }
    seen = current;
    open = [...again.values()];
  }
  return { differences: [...certain.values()].sort(compareDifferences), unsettled: unsettled.length };
}

/** No change has such a position. A primary that does not answer decides nothing. */
async function beyondEnd(
  primary: ComparedShard['primary'],
  rows: readonly UnsettledRow[],
  signal: AbortSignal,
): Promise<readonly UnsettledRow[]> {
  if (rows.length === 0) return [];
  const end = await writtenPosition(primary, signal).catch(() => {
    signal.throwIfAborted();
    return null;
  });
  return end === null ? [] : rows.filter(({ version }) => version > changeVersion(end, 0));
}

function fromTheFuture(shard: string, { key, attributeId }: UnsettledRow): RowDifference {
  return { shard, key, attributeId, kind: 'future', columns: [] };
}
