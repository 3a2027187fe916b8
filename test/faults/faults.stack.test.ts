import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Falsification } from './client/falsification.ts';
import {
  droppedWrites,
  duplicatedNodes,
  ignoredFilters,
  ignoredTokens,
  inflatedCounts,
  missingNodes,
  smallLags,
  tornEntities,
} from './client/falsifications.ts';
import type { World } from './model/world.ts';
import { Plan, type Storm } from './run/plan.ts';
import { tableReport } from './run/report.ts';
import { FaultRun } from './run/run-faults.ts';
import { startDeployedStack } from './stack/deployed-stack.ts';
import { startDevStack } from './stack/dev-stack.ts';
import { sql } from './stack/sql.ts';
import type { Stack } from './stack/stack.ts';

const SEED = 6;

/** A few faults of the kinds that heal quickly, chosen by the seed; `npm run faults` runs all of them, and for long. */
function storms(stack: Stack, names: readonly string[], holdMs: number): readonly Storm[] {
  const plan = new Plan(stack, SEED);
  return names.map((name) => plan.one(name, holdMs));
}

async function expectSound(stack: Stack, planned: readonly Storm[]): Promise<void> {
  const remaining = [...planned];
  const run = new FaultRun(stack, { seed: SEED, log: () => {} });
  const result = await run.run(() => remaining.shift() ?? null);
  const found = result.violations.map(({ kind, message }) => `${kind}: ${message}`);
  expect(found, `${JSON.stringify(result.violations[0])}\n${tableReport(result)}`).toEqual([]);
  expect(result.comparison).toMatchObject({ lost: 0, duplicated: 0, different: 0 });
  expect(result.comparison?.entities).toBeGreaterThan(50);
  expect(Object.values(result.faults).reduce((a, b) => a + b)).toBe(planned.length);
  for (const read of ['entity', 'entitiesById', 'entities', 'count', 'distribution']) {
    expect(result.tally.of(`read: ${read}`)).toBeGreaterThan(0);
  }
}

describe('two serve and two replicate, under faults', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startDeployedStack();
  });
  afterAll(() => stack?.stop());

  it('no answer breaks its promise, and every store ends with what was written', async () => {
    const names = ['replay paused', 'kill', 'network cut', 'pause'];
    await expectSound(stack, storms(stack, names, 700));
  }, 240_000);

  it('the checker notices every falsification, each on its own', async () => {
    let working = 0;
    let unnoticed = FALSIFIED.length;
    let resumed = (): void => {};
    const over = new Promise<void>((resolve) => {
      resumed = resolve;
    });
    await Promise.all(
      FALSIFIED.map(([falsification, kind], index) => {
        const tenants = [40 + index];
        const run = new FaultRun(stack, { seed: SEED, tenants, writers: 1, readers: 1, log: () => {} });
        return run.work(async () => {
          try {
            // Replicas that lag, once every run has begun on a healthy stack, so that there is something to conceal.
            working += 1;
            if (working === FALSIFIED.length) await onReplicas('SELECT pg_wal_replay_pause()');
            await falsified(run, falsification(run.world), kind);
          } finally {
            unnoticed -= 1;
            if (unnoticed === 0) await onReplicas('SELECT pg_wal_replay_resume()').finally(resumed);
            await over;
          }
        });
      }),
    );
  }, 240_000);

  async function onReplicas(statement: string): Promise<void> {
    for (const { replica } of stack.shards) await sql(replica, statement);
  }

  /** Falsifies once there is something to falsify, until the checker says so. */
  async function falsified(run: FaultRun, falsification: Falsification, kind: string): Promise<void> {
    await vi.waitFor(() => expect(run.tally.of('write: UPDATED')).toBeGreaterThan(5), { timeout: 60_000 });
    run.client.falsification = falsification;
    const kinds = () => run.violations.found.map((violation) => violation.kind);
    await vi.waitFor(() => expect(kinds(), falsification.name).toContain(kind), { timeout: 60_000 });
  }
});

/** What is falsified, and how the checker must call it. */
const FALSIFIED: readonly (readonly [(world: World) => Falsification, string])[] = [
  [() => smallLags, 'lost'],
  [droppedWrites, 'lost'],
  [() => duplicatedNodes, 'duplicated'],
  [() => missingNodes, 'lost'],
  [() => ignoredFilters, 'mismatch'],
  [() => ignoredTokens, 'lost'],
  [() => inflatedCounts, 'duplicated'],
  [tornEntities, 'torn'],
];

describe('atlas dev, under faults', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startDevStack();
  });
  afterAll(() => stack?.stop());

  it('no answer breaks its promise, and every store ends with what was written', async () => {
    await expectSound(stack, storms(stack, ['replay paused', 'slot dropped', 'kill'], 700));
  }, 240_000);
});
