import { migrate } from './clickhouse-files.ts';
import type { Fault } from './fault.ts';

/** `atlas migrate` while everything runs. */
export const migrateWhileStreaming: Fault = {
  name: 'migrate',
  weight: 1,
  mixes: true,
  targets: ({ topology }) => (topology === 'deployed' ? ['all'] : []),
  async inject(_target, { stack, hold }) {
    await migrate(stack);
    await hold();
  },
};
