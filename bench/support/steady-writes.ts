import { setTimeout as delay } from 'node:timers/promises';
import { VALUES_PER_ENTITY } from './generated-entities.ts';
import { GraphQLClient } from './graphql-client.ts';
import type { Stage } from './stage.ts';
import { writtenRows } from './written-rows.ts';

const BATCH = 100;
const TEMPLATES = 20;

export interface SteadyWrites {
  /** @returns values per second that were written. */
  stop(): Promise<number>;
}

/** Writes new entities through `upsertEntities` at an even rate, until it is stopped. */
export async function startSteadyWrites(stage: Stage, valuesPerSecond: number): Promise<SteadyWrites> {
  const rows = writtenRows(stage, await stage.attributes(), 0, 1, BATCH * TEMPLATES).map(({ input }) => input);
  const client = await GraphQLClient.open(stage);
  const query = 'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }';
  const periodMs = (1_000 * BATCH * VALUES_PER_ENTITY) / valuesPerSecond;
  const underWay = new Set<Promise<void>>();
  const startedAt = performance.now();
  let sent = 0;
  let isOver = false;
  let failure: unknown = null;
  const send = async (batch: number): Promise<void> => {
    const from = (batch % TEMPLATES) * BATCH;
    const before = stage.newIds(BATCH);
    const input = rows.slice(from, from + BATCH).map((row, n) => ({ ...row, id: String(before + n + 1) }));
    await client.send(JSON.stringify({ query, variables: { input } }));
  };
  const run = async (): Promise<void> => {
    while (!isOver) {
      const one = send(sent).catch((error: unknown) => {
        failure ??= error;
      });
      underWay.add(one);
      void one.finally(() => underWay.delete(one));
      sent += 1;
      await delay(Math.max(0, startedAt + sent * periodMs - performance.now()));
    }
    await Promise.all(underWay);
  };
  const running = run();
  return {
    async stop() {
      isOver = true;
      await running;
      client.close();
      if (failure !== null) throw failure;
      return (sent * BATCH * VALUES_PER_ENTITY) / ((performance.now() - startedAt) / 1_000);
    },
  };
}
