import { describe, expect, it } from 'vitest';
import { combineReads } from '../../src/freshness/combine-reads.ts';
import { readFreshness } from '../support/requirement.ts';

const older = new Date('2026-01-01T00:00:00.000Z');

describe('the freshness of an answer from several reads', () => {
  it('is that of the one furthest behind, and of no single shard', () => {
    const near = readFreshness({ shard: 's0', lagMs: 10 });
    const far = readFreshness({
      shard: 's1',
      lagMs: 900,
      reason: 'LAG_EXCEEDED',
      dataTimestamp: older,
      sourceTimestamp: older,
    });
    for (const reads of [
      [near, far],
      [far, near],
    ])
      expect(combineReads(reads)).toEqual({ ...far, shard: null });
  });

  it('contains what each read contains, and shows what any of them shows', () => {
    const at = (lsn: bigint) => new Map([['s0', lsn]]);
    const reads = [
      readFreshness({ contains: at(3n), shows: at(9n) }),
      readFreshness({ contains: at(5n), shows: at(6n) }),
    ];
    expect(combineReads(reads)).toMatchObject({ contains: at(3n), shows: at(9n) });
  });

  it('is unknown if one of them is', () => {
    const unknown = readFreshness({ lagMs: null, servedClass: null, dataTimestamp: null, sourceTimestamp: null });
    expect(combineReads([readFreshness(), unknown])).toMatchObject({
      lagMs: null,
      servedClass: null,
      dataTimestamp: null,
    });
  });

  it('has the worst health, whichever read it is of', () => {
    const reads = [readFreshness(), readFreshness({ source: 'PRIMARY', lagMs: 0, health: 'DEGRADED' })];
    expect(combineReads(reads)).toMatchObject({ source: 'REPLICA', health: 'DEGRADED', shard: 's0' });
  });

  it('does not explain the lag of one read by what happened to another', () => {
    const replica = readFreshness({ shard: 's0', lagMs: 236 });
    const primary = readFreshness({ shard: 's1', source: 'PRIMARY', lagMs: 0, fellBack: true, reason: 'LAG_EXCEEDED' });
    for (const reads of [
      [replica, primary],
      [primary, replica],
    ])
      expect(combineReads(reads)).toMatchObject({ lagMs: 236, reason: 'WITHIN_BOUND', fellBack: false });
  });

  it('contains of each shard what all of its reads contain', () => {
    const contains = (...entries: [string, bigint][]) => readFreshness({ contains: new Map(entries) });
    const reads = [contains(['s0', 5n]), contains(['s1', 9n]), contains(['s0', 3n]), contains(['s1', 0n])];
    expect(combineReads(reads).contains).toEqual(
      new Map([
        ['s0', 3n],
        ['s1', 0n],
      ]),
    );
  });

  it('has the heartbeat of the replicas if a primary answered too', () => {
    const primary = readFreshness({ source: 'PRIMARY', lagMs: 0, sourceTimestamp: null });
    const replica = readFreshness({ sourceTimestamp: older });
    expect(combineReads([primary, replica]).sourceTimestamp).toEqual(older);
  });
});
