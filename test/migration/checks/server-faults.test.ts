import { describe, expect, it } from 'vitest';
import type { ServerFacts } from '../../../src/migration/checks/server-facts.ts';
import { serverFaults } from '../../../src/migration/checks/server-faults.ts';

const FACTS: ServerFacts = {
  ...{
    versionNumber: 180_004,
    version: '18.4',
    walLevel: 'logical',
    role: 'atlas',
    login: 'atlas',
    maxSlotWalMb: 4_096,
  },
  ...{ cannotReplicate: [], creates: true, subscribes: true, hasRoles: true, migrates: true, foreignSubscriber: null },
  missing: [],
};
const PRIMARY = { role: 'primary', subscribes: true } as const;

describe('what makes a server impossible to use', () => {
  it.each(['migrate', 'replicate', 'serve'] as const)('%s refuses a version that is too old', (purpose) => {
    const old = { ...FACTS, versionNumber: 150_018, version: '15.18' };
    const fault = 'is PostgreSQL 15.18; Atlas needs 18 or later: upgrade it';
    expect(serverFaults(old, PRIMARY, purpose)).toEqual([fault]);
    expect(serverFaults(old, { ...PRIMARY, role: 'replica' }, purpose)).toEqual([fault]);
    expect(serverFaults({ ...FACTS, versionNumber: 190_001 }, PRIMARY, purpose)).toEqual([]);
  });

  it('names everything that is wrong at once', () => {
    const poor = { ...FACTS, walLevel: 'replica', cannotReplicate: ['atlas'], creates: false, subscribes: false };
    expect(serverFaults(poor, PRIMARY, 'migrate')).toHaveLength(4);
    expect(serverFaults(poor, { ...PRIMARY, subscribes: false }, 'migrate')).toHaveLength(3);
    expect(serverFaults(poor, PRIMARY, 'replicate')).toHaveLength(2);
    expect(serverFaults(poor, PRIMARY, 'serve')).toEqual([]);
  });

  it('names both roles of change capture that may not use slots: the one that connects and the one it acts as', () => {
    const facts = { ...FACTS, role: 'atlas_replicate', login: 'app', cannotReplicate: ['app', 'atlas_replicate'] };
    expect(serverFaults(facts, PRIMARY, 'replicate')).toEqual([
      'does not let the role app use replication slots; ALTER ROLE app REPLICATION, as a superuser',
      'does not let the role atlas_replicate use replication slots; ALTER ROLE atlas_replicate REPLICATION, as a superuser',
    ]);
  });
});
