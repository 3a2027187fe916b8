import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { GraphQLAnswer } from '../support/atlas-process.ts';
import { postgresQuery } from '../support/postgres-query.ts';
import { Deployment, healthy, type RunningAtlas } from './support/deployment.ts';
import { definePlayers, PLAYERS, scoresOf, setScores } from './support/players.ts';

/** Longer than the bound of INTERACTIVE. */
const SUSPENDED_MS = 1_500;

const REQUIREMENTS = [
  { class: 'REALTIME', fallback: 'PRIMARY' },
  { class: 'INTERACTIVE', fallback: 'PRIMARY' },
  { class: 'INTERACTIVE', fallback: 'REPLICA' },
  { class: 'INTERACTIVE', fallback: 'FAIL' },
  { class: 'OPERATIONAL', fallback: 'PRIMARY' },
] as const;
const BOUND_MS = { REALTIME: 100, INTERACTIVE: 1_000, OPERATIONAL: 30_000 };

interface Player {
  readonly number: number;
  readonly freshness: {
    readonly source: string;
    readonly lagMs: number | null;
    readonly stale: boolean;
    readonly dataTimestamp: string;
  };
}

interface SentRead {
  readonly requested: (typeof REQUIREMENTS)[number];
  readonly answer: Promise<GraphQLAnswer<{ entitiesById: (Player | null)[] }>>;
}

describe('a serve that is suspended', () => {
  let deployment: Deployment;
  let suspended: RunningAtlas;
  let other: RunningAtlas;

  beforeAll(async () => {
    deployment = await Deployment.start(7);
    await deployment.run('migrate');
    [suspended, other] = await Promise.all([deployment.start('serve'), deployment.start('serve')]);
    await definePlayers(deployment, other.url);
    await setScores(deployment, other.url, 1);
    await healthy(suspended.url, 'ready');
    await vi.waitFor(async () => {
      for (const player of await players(read({ class: 'INTERACTIVE', fallback: 'FAIL' } as const))) {
        expect(player).toMatchObject({ number: 1, freshness: { source: 'REPLICA', stale: false } });
      }
    }, 10_000);
  });
  afterAll(async () => {
    // A suspended process does not end before it runs again.
    suspended?.atlas.signal('SIGCONT');
    await deployment?.stop();
  });

  const replicas = () => [...deployment.stores.clusters.values()].map(({ endpoints }) => endpoints.replicas[0] ?? '');

  /** One read, by the process that is suspended, of entities on both shards. */
  function read(requested: (typeof REQUIREMENTS)[number]): SentRead {
    const query = `query ($ids: [ID!]!) {
      entitiesById(ids: $ids, freshness: { class: ${requested.class}, fallback: ${requested.fallback} }) {
        number(key: "score") freshness { source lagMs stale dataTimestamp } } }`;
    return { requested, answer: deployment.ask(suspended.url, query, { ids: PLAYERS }) };
  }

  /** The players in the answer; the others failed with a code that says why. */
  async function players({ answer }: SentRead): Promise<Player[]> {
    const { data, errors } = await answer;
    const found = data?.entitiesById.filter((player) => player !== null) ?? [];
    if (found.length < PLAYERS.length) expect(errors).not.toEqual([]);
    for (const { extensions } of errors) {
      expect(['FRESHNESS_UNAVAILABLE', 'SHARD_UNAVAILABLE', 'TIMEOUT']).toContain(extensions.code);
    }
    return found;
  }

  it('answers truthfully what was sent before, meanwhile and right after', async () => {
    const before = REQUIREMENTS.map(read);
    suspended.atlas.signal('SIGSTOP');
    for (const replica of replicas()) await postgresQuery(replica, 'SELECT pg_wal_replay_pause()');
    const writtenFrom = Date.now();
    const written = await setScores(deployment, other.url, 2);
    expect(new Set(written)).toEqual(new Set(['UPDATED']));
    expect(written).toHaveLength(PLAYERS.length);
    const writtenBy = Date.now();
    const meanwhile = REQUIREMENTS.map(read);
    // A primary is restarted, which ends all connections of the process to it. (A crash could lose a write: these servers do not
    // wait for the disk.)
    const [, restarted] = [...deployment.stores.clusters.values()];
    await restarted?.primary.stop('fast');
    await restarted?.primary.start();
    await vi.waitFor(() => expect(Date.now() - writtenBy).toBeGreaterThan(SUSPENDED_MS), 10_000);
    const resumedFrom = Date.now();
    suspended.atlas.signal('SIGCONT');
    const after = Array.from({ length: 10 }, () => REQUIREMENTS.map(read)).flat();

    const seen = { before: 0, written: 0, stale: 0, missing: 0 };
    for (const sent of [...before, ...meanwhile, ...after]) {
      const { class: requested, fallback } = sent.requested;
      for (const { number, freshness } of await players(sent)) {
        const { source, lagMs, stale, dataTimestamp } = freshness;
        if (stale) expect([source, fallback]).toEqual(['REPLICA', 'REPLICA']);
        else expect(lagMs ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(BOUND_MS[requested]);
        if (before.includes(sent)) {
          // Answered before the write, or after the process was resumed.
          seen.before += 1;
          if (number === 1) expect(Date.parse(dataTimestamp)).toBeLessThanOrEqual(writtenBy);
        } else if (number === 2) {
          seen.written += 1;
          expect(source).toBe('PRIMARY');
        } else {
          // The write was acknowledged this long before the process could read anything.
          seen.missing += 1;
          expect(source).toBe('REPLICA');
          expect(lagMs ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(resumedFrom - writtenBy);
          expect(Date.parse(dataTimestamp)).toBeLessThanOrEqual(writtenBy);
        }
        if (number === 2)
          expect(Date.parse(dataTimestamp)).toBeGreaterThanOrEqual(source === 'PRIMARY' ? 0 : writtenFrom);
        if (stale) seen.stale += 1;
      }
    }
    expect(seen.written).toBeGreaterThan(0);
    expect(seen.missing).toBeGreaterThan(0);
    expect(seen.stale).toBeGreaterThan(0);
  });

  it('returns to its replicas once they have caught up', async () => {
    for (const replica of replicas()) await postgresQuery(replica, 'SELECT pg_wal_replay_resume()');
    await vi.waitFor(async () => {
      const found = await players(read({ class: 'INTERACTIVE', fallback: 'PRIMARY' }));
      expect(found).toHaveLength(PLAYERS.length);
      for (const player of found) expect(player).toMatchObject({ number: 2, freshness: { source: 'REPLICA' } });
    }, 20_000);
    expect((await scoresOf(deployment, suspended.url, PLAYERS)).errors).toEqual([]);
  });
});
