import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { EmbeddedStack, type EmbeddedStackOptions } from '../../src/embedded/embedded-stack.ts';
import { readStackFile } from '../../src/embedded/home/stack-file.ts';
import { readPostmaster } from '../../src/embedded/postgres/postmaster.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { postgresQuery } from '../support/postgres-query.ts';
import { processesIn } from '../support/processes-in.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

const SECONDS = 1_000;

function newStack(home: string, options: Partial<EmbeddedStackOptions> = {}): EmbeddedStack {
  return new EmbeddedStack({
    home,
    maxSlotWalBytes: 2 ** 30,
    logger: createLogger('silent'),
    onProgress: () => {},
    onNotice: () => {},
    ...options,
  });
}

async function read(uri: string | undefined, text: string): Promise<object[]> {
  return postgresQuery(uri ?? '', text);
}

/** Another process that runs a stack on `home`, with its first output; empty if it exits without any. */
function spawnStack(home: string): { child: ChildProcess; said: Promise<string> } {
  const script = fileURLToPath(new URL('../support/run-embedded-stack.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, home], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = new Promise<string>((resolve) => {
    child.stdout.once('data', (text) => resolve(String(text)));
    child.once('close', () => resolve(''));
  });
  return { child, said };
}

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

describe('the embedded stack, restarted on the same home', () => {
  const home = temporaryDirectory('home');
  const dataOf = (shard: string, role: string) => join(realpathSync(join(home, 'postgres')), shard, role);
  let stack = newStack(home);
  afterAll(async () => {
    await stack.stop();
    rmSync(home, { recursive: true });
  });

  it('starts two shards, each with a replica that follows its primary', async () => {
    await stack.start();
    expect(stack.endpoints.map(({ id }) => id)).toEqual(['s0', 's1']);
    for (const { id, primary, replicas } of stack.endpoints) {
      await read(primary, `CREATE TABLE t AS SELECT '${id}' AS shard`);
      await vi.waitFor(
        async () =>
          expect(await read(replicas[0], 'SELECT shard, pg_is_in_recovery() AS standby FROM t')).toEqual([
            { shard: id, standby: true },
          ]),
        5 * SECONDS,
      );
    }
  });

  it('publishes its addresses to its owner only', () => {
    stack.publish('http://localhost:4000');
    expect(readStackFile(home)).toEqual({ http: 'http://localhost:4000', shards: stack.endpoints });
    expect(statSync(join(home, 'stack.json')).mode & 0o777).toBe(0o600);
  });

  it('rejects a second start on the same home and names the address of the first', async () => {
    const { child, said } = spawnStack(home);
    expect(await said).toContain(`as process ${process.pid}, at http://localhost:4000`);
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(1);
    expect(await read(stack.endpoints[0]?.primary, 'SELECT shard FROM t')).toEqual([{ shard: 's0' }]);
  });

  it('restarts a server that was killed', async () => {
    const postmaster = readPostmaster(dataOf('s1', 'primary'));
    process.kill(postmaster?.pid ?? 0, 'SIGKILL');
    await vi.waitFor(
      () => expect(readPostmaster(dataOf('s1', 'primary'))?.pid).not.toBe(postmaster?.pid),
      10 * SECONDS,
    );
    await vi.waitFor(
      async () => expect(await read(stack.endpoints[1]?.primary, 'SELECT shard FROM t')).toEqual([{ shard: 's1' }]),
      10 * SECONDS,
    );
  });

  it('stops everything and removes its published addresses', async () => {
    await stack.stop();
    expect(processesIn(dataOf('s0', ''))).toEqual([]);
    expect(processesIn(dataOf('s1', ''))).toEqual([]);
    expect(existsSync(join(home, 'stack.json'))).toBe(false);
  });

  it('restarts with its data on the same ports and copies an incomplete replica again', async () => {
    const before = stack.endpoints;
    rmSync(join(dataOf('s0', 'replica'), 'global', 'pg_control'));
    stack = newStack(home);
    await stack.start();
    expect(stack.endpoints).toEqual(before);
    for (const { id, primary, replicas } of stack.endpoints) {
      for (const uri of [primary, ...replicas]) expect(await read(uri, 'SELECT shard FROM t')).toEqual([{ shard: id }]);
    }
    await stack.stop();
  });

  it('leaves nothing running when its process is killed; the next start takes over the lock', async () => {
    const { child, said } = spawnStack(home);
    expect(await said).toBe('running\n');
    await killed(child);
    await vi.waitFor(() => expect(processesIn(dataOf('s0', ''))).toEqual([]), 10 * SECONDS);
    stack = newStack(home);
    await stack.start();
    expect(await read(stack.endpoints[0]?.primary, 'SELECT shard FROM t')).toEqual([{ shard: 's0' }]);
    await stack.stop();
  });

  it('stops servers left running by a killed process with killed guards', async () => {
    const { child, said } = spawnStack(home);
    await said;
    const guards = processesIn(home).filter(({ command }) => command.includes('atlas-guard'));
    expect(guards).toHaveLength(4);
    for (const { pid } of guards) process.kill(pid, 'SIGKILL');
    await killed(child);
    const left = readPostmaster(dataOf('s0', 'primary'));
    const notices: string[] = [];
    stack = newStack(home, { onNotice: (message) => notices.push(message) });
    await stack.start();
    expect(notices.filter((notice) => notice.includes('left running'))).toHaveLength(4);
    expect(readPostmaster(dataOf('s0', 'primary'))?.pid).not.toBe(left?.pid);
    expect(await read(stack.endpoints[1]?.primary, 'SELECT shard FROM t')).toEqual([{ shard: 's1' }]);
    await stack.stop();
  });

  it('sets new passwords if its state file was lost', async () => {
    rmSync(join(home, 'state.json'));
    stack = newStack(home);
    await stack.start();
    expect(await read(stack.endpoints[0]?.primary, 'SELECT shard FROM t')).toEqual([{ shard: 's0' }]);
    await vi.waitFor(
      async () =>
        expect(await read(stack.endpoints[0]?.primary, 'SELECT state FROM pg_stat_replication')).toEqual([
          { state: 'streaming' },
        ]),
      5 * SECONDS,
    );
    await stack.stop();
  });

  it('copies a replica again if the primary no longer has its WAL', async () => {
    const notices: string[] = [];
    stack = newStack(home, { maxSlotWalBytes: 2 ** 20, onNotice: (message) => notices.push(message) });
    await stack.start();
    const [{ primary = '', replicas = [] } = {}] = stack.endpoints;
    await read(replicas[0], "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'");
    await read(replicas[0], 'SELECT pg_reload_conf()');
    await vi.waitFor(
      async () => expect(await read(primary, 'SELECT FROM pg_stat_replication')).toEqual([]),
      5 * SECONDS,
    );
    for (let segment = 0; segment < 4; segment++) {
      await read(primary, `CREATE TABLE segment_${segment} ()`);
      await read(primary, 'SELECT pg_switch_wal()');
    }
    await read(primary, 'CHECKPOINT');
    await vi.waitFor(
      () => expect(notices.some((notice) => notice.includes('is running again'))).toBe(true),
      20 * SECONDS,
    );
    await vi.waitFor(async () => expect(await read(replicas[0], 'SELECT FROM segment_3')).toEqual([]), 5 * SECONDS);
    await stack.stop();
  });
});

describe('the embedded stack, on a new home', () => {
  it.each(['Creating', 'Starting'])('leaves nothing running if it is aborted while "%s …"', async (phase) => {
    const home = temporaryDirectory('home');
    const abort = new AbortController();
    const phases: string[] = [];
    const stack = newStack(home, { onProgress: (progress) => phases.push(progress) });
    const refused = expect(stack.start(abort.signal)).rejects.toThrow('enough');
    await vi.waitFor(
      () => {
        expect(phases.at(-1)).toMatch(new RegExp(`^${phase}`));
        expect(processesIn(home)).not.toEqual([]);
      },
      { timeout: 10 * SECONDS, interval: 5 },
    );
    abort.abort(new Error('enough'));
    await refused;
    expect(processesIn(home)).toEqual([]);
    expect(readdirSync(home)).not.toContain('lock');
    const again = newStack(home);
    await again.start();
    expect(await read(again.endpoints[0]?.primary, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await again.stop();
    rmSync(home, { recursive: true });
  });

  it('starts after its process was killed while creating the databases', async () => {
    const home = temporaryDirectory('home');
    const shard = join(home, 'postgres', 's0');
    const { child, said } = spawnStack(home);
    await vi.waitFor(() => expect(readdirSync(shard).join()).toContain('primary.partial-'), {
      timeout: 10 * SECONDS,
      interval: 5,
    });
    await killed(child);
    await expect(said).resolves.toBe('');
    const stack = newStack(home);
    await stack.start();
    expect(readdirSync(shard).sort()).toEqual(['primary', 'primary.log', 'replica', 'replica.log']);
    await stack.stop();
    rmSync(home, { recursive: true });
  });

  it('creates a shard in a directory that does not contain a database', async () => {
    const home = temporaryDirectory('home');
    mkdirSync(join(home, 'postgres', 's0', 'primary'), { recursive: true });
    const notices: string[] = [];
    const stack = newStack(home, { onNotice: (message) => notices.push(message) });
    await stack.start();
    expect(notices).toEqual([expect.stringMatching(/s0\/primary did not contain a database/)]);
    expect(await read(stack.endpoints[0]?.replicas[0], 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await stack.stop();
    rmSync(home, { recursive: true });
  });

  it('rejects damaged data, leaves it untouched and leaves nothing running', async () => {
    const home = temporaryDirectory('home');
    const wal = join(home, 'postgres', 's1', 'primary', 'pg_wal');
    mkdirSync(wal, { recursive: true });
    await expect(newStack(home).start()).rejects.toThrow(/shard s1 .* is damaged.*\n.*ATLAS_HOME/);
    expect(existsSync(wal)).toBe(true);
    expect(processesIn(home)).toEqual([]);
    rmSync(home, { recursive: true });
  });

  it('says what to do if its home cannot be used', async () => {
    const home = temporaryDirectory('home');
    writeFileSync(join(home, 'file'), '');
    await expect(newStack(join(home, 'file', 'atlas')).start()).rejects.toThrow(/is not a directory.*\nSet ATLAS_HOME/);
    rmSync(home, { recursive: true });
  });
});
