import { manyBytes, manyRows } from './big-transaction.ts';
import { clickhouseEmptied, clickhouseRestored } from './clickhouse-files.ts';
import { clickhouseFull } from './clickhouse-full.ts';
import type { Fault } from './fault.ts';
import { kill, killAll } from './kill.ts';
import { leaderSuspended } from './leader-suspended.ts';
import { migrateWhileStreaming } from './migrate.ts';
import { networkCut, networkSilent, networkSlow, slowSink } from './network.ts';
import { notificationsCut } from './notifications-cut.ts';
import { pause } from './pause.ts';
import { replayPaused } from './replay-paused.ts';
import { rowsLost } from './rows-lost.ts';
import { slotDropped, slotInvalidated } from './slot-lost.ts';
import { clickhouseTruncated, truncated } from './truncate.ts';

/** Every kind of fault. */
export const FAULTS: readonly Fault[] = [
  kill,
  killAll,
  pause,
  leaderSuspended,
  replayPaused,
  slotDropped,
  slotInvalidated,
  clickhouseEmptied,
  clickhouseRestored,
  clickhouseFull,
  clickhouseTruncated,
  rowsLost,
  truncated,
  manyRows,
  manyBytes,
  migrateWhileStreaming,
  slowSink,
  networkCut,
  networkSilent,
  networkSlow,
  notificationsCut,
];
