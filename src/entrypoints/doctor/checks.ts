import { clickhouseReplicas } from './checks/clickhouse-replicas.ts';
import { clocks } from './checks/clocks.ts';
import { configuration } from './checks/configuration.ts';
import { connections } from './checks/connections.ts';
import { disk } from './checks/disk.ts';
import { historyArchive } from './checks/history-archive.ts';
import { lag } from './checks/lag.ts';
import { migrations } from './checks/migrations.ts';
import { rights } from './checks/rights.ts';
import { runningStack } from './checks/running-stack.ts';
import { slots } from './checks/slots.ts';
import { versions } from './checks/versions.ts';
import type { Check } from './patient.ts';

/** In the order of the report: a fault above is often the cause of one below. */
export const CHECKS: readonly Check[] = [
  configuration,
  connections,
  versions,
  rights,
  migrations,
  clickhouseReplicas,
  slots,
  lag,
  runningStack,
  clocks,
  disk,
  historyArchive,
];
