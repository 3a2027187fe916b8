import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { postgresQuery } from '../support/postgres-query.ts';
import { Deployment, healthy, metrics, type RunningAtlas } from './support/deployment.ts';
import { definePlayers, PLAYERS, setScores } from './support/players.ts';

let deployment: Deployment;
let serve: RunningAtlas;
beforeAll(async () => {
  deployment = await Deployment.start(7);
  await deployment.run('migrate');
  serve = await deployment.start('serve');
  await definePlayers(deployment, serve.url);
  await setScores(deployment, serve.url, 1);
  await healthy(serve.url, 'ready');
});
afterAll(() => deployment?.stop());

const replicas = () => [...deployment.stores.clusters.values()].map(({ endpoints }) => endpoints.replicas[0] ?? '');

/** The connections of Atlas' processes by purpose, and whether their newest statement asks how far the replica is. */
const CONNECTIONS = `
  SELECT application_name AS purpose, query LIKE 'SELECT (pg\\_last\\_wal\\_replay\\_lsn() - %AS position' AS "asksPosition"
  FROM pg_stat_activity WHERE application_name LIKE 'atlas %'`;

it('serve asks how far a replica is on a connection of its monitoring, not on those of reads, and shows who waits', async () => {
  const read = (after: string | null) =>
    deployment.ask<{ entitiesById: { number: number }[] }>(
      serve.url,
      `query ($ids: [ID!]!, $after: ConsistencyToken) {
        entitiesById(ids: $ids, freshness: { class: OPERATIONAL, after: $after, maxWaitMs: 20000, fallback: FAIL }) {
          number(key: "score") } }`,
      { ids: PLAYERS, after },
    );
  await vi.waitFor(async () => expect((await read(null)).errors).toEqual([]), 10_000);
  for (const replica of replicas()) await postgresQuery(replica, 'SELECT pg_wal_replay_pause()');
  const { data } = await deployment.ask<{ upsertEntities: { consistencyToken: string } }>(
    serve.url,
    'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { consistencyToken } }',
    { input: PLAYERS.map((id) => ({ id, type: 'player', attributes: [{ key: 'score', number: 2 }] })) },
  );
  const waiting = read(data?.upsertEntities.consistencyToken ?? null);
  const seen = new Map<string, Set<boolean>>();
  const look = async () => {
    for (const replica of replicas()) {
      const found = await postgresQuery<{ purpose: string; asksPosition: boolean }>(replica, CONNECTIONS);
      for (const { purpose, asksPosition } of found) {
        seen.set(purpose, (seen.get(purpose) ?? new Set()).add(asksPosition));
      }
    }
  };
  try {
    await vi.waitFor(async () => {
      const text = await metrics(serve.url);
      for (const shard of ['s0', 's1']) {
        expect(text).toContain(
          `atlas_token_waiting_reads{shard="${shard}",source="REPLICA",replica="0",for="token"} 1`,
        );
      }
    }, 10_000);
    await vi.waitFor(() => look().then(() => expect(seen.get('atlas monitor')).toContain(true)), 10_000);
    for (let looks = 0; looks < 10; looks++) await look();
  } finally {
    for (const replica of replicas()) await postgresQuery(replica, 'SELECT pg_wal_replay_resume()');
  }
  expect(seen.get('atlas serve')).toEqual(new Set([false]));
  const answer = await waiting;
  expect(answer.errors).toEqual([]);
  expect(answer.data?.entitiesById).toEqual(PLAYERS.map(() => ({ number: 2 })));
});
