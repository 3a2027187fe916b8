import { expect, vi } from 'vitest';
import type { Deployment } from './deployment.ts';

/** Entities with one number, on both shards. */
export const PLAYERS: readonly string[] = Array.from({ length: 40 }, (_, index) => String(index + 1));

export async function definePlayers(deployment: Deployment, url: string): Promise<void> {
  const { errors } = await deployment.ask(
    url,
    'mutation { defineAttribute(input: { key: "score", type: NUMBER }) { definition { key } } }',
  );
  expect(errors).toEqual([]);
}

/** @returns the status of each player's row. */
export async function setScores(deployment: Deployment, url: string, score: number): Promise<string[]> {
  const { data } = await deployment.ask<{ upsertEntities: { results: { status: string }[] } }>(
    url,
    'mutation ($input: [UpsertEntityInput!]!) { upsertEntities(input: $input) { results { status } } }',
    { input: PLAYERS.map((id) => ({ id, type: 'player', attributes: [{ key: 'score', number: score }] })) },
  );
  return data?.upsertEntities.results.map(({ status }) => status) ?? [];
}

/** Scores according to the primaries. */
export function scoresOf(deployment: Deployment, url: string, ids: readonly string[], freshness = 'REALTIME') {
  return deployment.ask<{ entitiesById: ({ number: number } | null)[] }>(
    url,
    `query ($ids: [ID!]!) { entitiesById(ids: $ids, freshness: { class: ${freshness} }) { number(key: "score") } }`,
    { ids },
  );
}

/** Resolves when ClickHouse itself, not a fallback, counts all players with that score. */
export function countedInClickHouse(deployment: Deployment, url: string, score: number): Promise<void> {
  const query = `query ($score: Float!) { analytics {
    count(filter: { attributes: [{ key: "score", number: { eq: $score } }] }, freshness: { fallback: FAIL }) {
      count freshness { source } } } }`;
  return vi.waitFor(
    async () => {
      const { data } = await deployment.ask(url, query, { score });
      expect(data).toEqual({ analytics: { count: { count: PLAYERS.length, freshness: { source: 'CLICKHOUSE' } } } });
    },
    { timeout: 15_000, interval: 100 },
  );
}
