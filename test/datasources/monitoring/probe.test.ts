import { describe, expect, it } from 'vitest';
import { MISSES, Probe } from '../../../src/datasources/monitoring/probe.ts';
import { SourceError } from '../../../src/domain/source-error.ts';
import { createLogger } from '../../../src/observability/logger.ts';
import { OutageLog } from '../../../src/observability/outage-log.ts';

const LATE_MS = 1_000;
const START = 5_000;

const refused = () => new SourceError('down', 'SHARD_UNAVAILABLE', 'refused');
const slow = () => new SourceError('slow', 'TIMEOUT', 'ran out of time');

interface Pending {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/** A probe whose period and answers are driven by the test. */
class Driven {
  now = START;
  readonly asked: Pending[] = [];
  readonly probe = new Probe<string>({
    name: 'probe',
    ask: () => new Promise((resolve, reject) => this.asked.push({ resolve, reject })),
    periodMs: 250,
    lateMs: LATE_MS,
    clock: { now: () => this.now },
    outages: new OutageLog(createLogger('silent'), 'the probe'),
  });

  /** Time passes, and the period comes round. */
  tick(afterMs = 250): void {
    this.now += afterMs;
    this.probe.tick();
  }

  async answer(index: number, answer: string): Promise<void> {
    this.asked[index]?.resolve(answer);
    await settled();
  }

  async fail(index: number, error: Error): Promise<void> {
    this.asked[index]?.reject(error);
    await settled();
  }
}

/** Runs what follows a promise that has been settled. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

async function answered(): Promise<Driven> {
  const driven = new Driven();
  driven.tick(0);
  await driven.answer(0, 'first');
  return driven;
}

describe('a server', () => {
  it('is down before it has answered, and up once it has', async () => {
    const driven = new Driven();
    expect(driven.probe.heardAt()).toBeNull();
    driven.tick(0);
    driven.now += 20;
    await driven.answer(0, 'first');
    expect(driven.probe.heardAt()).toBe(START + 20);
    expect(driven.probe.latest()).toEqual({ answer: 'first', askedAt: START, answeredAt: START + 20 });
  });

  it('stays up while probes are late, until it has missed several in a row', async () => {
    const driven = await answered();
    driven.tick();
    for (let miss = 1; miss < MISSES; miss += 1) {
      driven.tick(LATE_MS);
      expect(driven.probe.latest()).toMatchObject({ answer: 'first' });
    }
    driven.tick(LATE_MS);
    expect(driven.probe.heardAt()).toBeNull();
    expect(driven.probe.latest()).toBeNull();
  });

  it('that hangs is down within about three seconds, whatever the period', async () => {
    const driven = await answered();
    const hangsFrom = driven.now;
    while (driven.probe.heardAt() !== null) driven.tick();
    expect(driven.now - hangsFrom).toBeLessThanOrEqual(MISSES * LATE_MS + 2 * 250);
  });

  it('is asked again on another connection when a probe is late, but never more often at once than it may miss', async () => {
    const driven = await answered();
    for (let period = 0; period < 100; period += 1) driven.tick();
    expect(driven.asked).toHaveLength(1 + MISSES);
  });

  it('is up again with a late answer, dated by when it was asked', async () => {
    const driven = await answered();
    for (let period = 0; period < 20; period += 1) driven.tick();
    expect(driven.probe.heardAt()).toBeNull();
    await driven.answer(1, 'late');
    expect(driven.probe.heardAt()).toBe(driven.now);
    expect(driven.probe.latest()).toEqual({ answer: 'late', askedAt: START + 250, answeredAt: driven.now });
  });

  it('keeps the newest answer if one that was asked earlier arrives later', async () => {
    const driven = await answered();
    driven.tick();
    driven.tick(LATE_MS);
    await driven.answer(2, 'newer');
    await driven.answer(1, 'older');
    expect(driven.probe.latest()).toMatchObject({ answer: 'newer' });
  });

  it('is up as long as it answers reads, however late its probes are', async () => {
    const driven = await answered();
    for (let period = 0; period < 100; period += 1) {
      driven.tick();
      driven.probe.heard();
    }
    expect(driven.probe.heardAt()).toBe(driven.now);
  });

  it('is not down because this process was suspended', async () => {
    const driven = await answered();
    driven.tick();
    driven.tick(60_000);
    expect(driven.probe.heardAt()).toBe(START);
  });

  it('is down at once if it refuses two attempts in a row', async () => {
    const driven = await answered();
    driven.tick();
    await driven.fail(1, refused());
    expect(driven.probe.heardAt(), 'an open connection may have been lost').toBe(START);
    expect(driven.asked, 'asked again without waiting for the period').toHaveLength(3);
    await driven.fail(2, refused());
    expect(driven.probe.heardAt()).toBeNull();
    driven.tick();
    await driven.fail(3, refused());
    expect(driven.asked, 'from then on once per period').toHaveLength(4);
    driven.tick();
    await driven.answer(4, 'back');
    expect(driven.probe.latest()).toMatchObject({ answer: 'back' });
  });

  it('has missed a probe whose time ran out; it has not refused it', async () => {
    const driven = await answered();
    for (let index = 1; index < MISSES; index += 1) {
      driven.tick();
      driven.now += LATE_MS;
      await driven.fail(index, refused());
      expect(driven.probe.heardAt()).toBe(START);
    }
    driven.tick();
    driven.now += LATE_MS;
    await driven.fail(MISSES, refused());
    expect(driven.probe.heardAt()).toBeNull();
  });

  it('that ends a probe because it ran out of time is up, and its last answer is kept', async () => {
    const driven = await answered();
    for (let index = 1; index < 10; index += 1) {
      driven.tick();
      await driven.fail(index, slow());
    }
    expect(driven.probe.heardAt()).toBe(driven.now);
    expect(driven.probe.latest()).toMatchObject({ answer: 'first' });
  });

  it('that answers with an error of the statement itself is unknown', async () => {
    const driven = await answered();
    driven.tick();
    await driven.fail(1, new Error('relation "atlas.shard" does not exist'));
    expect(driven.probe.heardAt()).toBeNull();
    driven.probe.heard();
    expect(driven.probe.latest()).toBeNull();
  });
});
