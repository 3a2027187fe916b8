import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresQuery } from '../support/postgres-query.ts';
import { Deployment, phaseBecomes, type RunningAtlas, terminated } from './support/deployment.ts';
import { countedInClickHouse, definePlayers, setScores } from './support/players.ts';

const LEASE_MS = 2_000;
/** A standby looks twice a second, then connects. */
const TAKEOVER_MS = LEASE_MS + 4_000;

describe('a replicate that is suspended', () => {
  let deployment: Deployment;
  let serve: RunningAtlas;
  let leader: RunningAtlas;
  let standby: RunningAtlas;
  const lease = { ATLAS_REPLICATION_LEASE_MS: String(LEASE_MS) };

  beforeAll(async () => {
    deployment = await Deployment.start(7);
    await deployment.run('migrate');
    [serve, leader] = await Promise.all([deployment.start('serve'), deployment.start('replicate', lease)]);
    await definePlayers(deployment, serve.url);
    await setScores(deployment, serve.url, 1);
    await countedInClickHouse(deployment, serve.url, 1);
    standby = await deployment.start('replicate', lease);
    await phaseBecomes(standby.url, 's0', 'standby');
    await phaseBecomes(standby.url, 's1', 'standby');
  });
  afterAll(async () => {
    // A suspended process does not end before it runs again.
    leader?.atlas.signal('SIGCONT');
    await deployment?.stop();
  });

  it('loses its shards to the standby after its lease, with what was written meanwhile', async () => {
    const suspendedAt = performance.now();
    leader.atlas.signal('SIGSTOP');
    await setScores(deployment, serve.url, 2);
    await countedInClickHouse(deployment, serve.url, 2);
    const takeoverMs = performance.now() - suspendedAt;
    expect(takeoverMs).toBeGreaterThan(LEASE_MS / 2);
    expect(takeoverMs).toBeLessThan(TAKEOVER_MS);
    await phaseBecomes(standby.url, 's0', 'streaming');
    await phaseBecomes(standby.url, 's1', 'streaming');
  });

  it('becomes the standby when it resumes, says why it lost them, and changes nothing', async () => {
    await setScores(deployment, serve.url, 3);
    leader.atlas.signal('SIGCONT');
    await phaseBecomes(leader.url, 's0', 'standby');
    await phaseBecomes(leader.url, 's1', 'standby');
    await countedInClickHouse(deployment, serve.url, 3);
    for (const shard of ['s0', 's1']) {
      const logged = logOf(leader, `change capture of shard ${shard}`);
      expect(logged.slice(-2)).toEqual([
        expect.stringMatching(/ fails: This process did not respond for \d+\.\d s, with a lease of 2\.0 s; /),
        `change capture of shard ${shard}: standby`,
      ]);
    }
    expect(standby.atlas.output).not.toContain('fails');
  });

  it('takes over again when the other one ends, and every row is there once', async () => {
    expect(await terminated(standby)).toBe(0);
    await setScores(deployment, serve.url, 4);
    await countedInClickHouse(deployment, serve.url, 4);
    expect(logOf(leader, 'change capture of shard s0').at(-1)).toMatch(/: streaming$| works again$/);
    for (const { endpoints } of deployment.stores.clusters.values()) {
      const slots = "SELECT active FROM pg_replication_slots WHERE slot_name = 'atlas_cdc'";
      expect(await postgresQuery(endpoints.primary, slots)).toEqual([{ active: true }]);
    }
  });
});

/** What it has logged at level info and above that begins like this, with the message of an error. */
function logOf({ atlas }: RunningAtlas, beginning: string): string[] {
  return atlas.output.split('\n').flatMap((text) => {
    if (!text.startsWith('{')) return [];
    const { msg, err } = JSON.parse(text) as { msg: string; err?: { message: string } };
    if (!msg.startsWith(beginning)) return [];
    return [err === undefined ? msg : `${msg}: ${err.message}`];
  });
}
