import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest';
import { AtlasProcess, killAtlasProcesses, startAtlasDev } from '../support/atlas-process.ts';
import { processesIn } from '../support/processes-in.ts';
import { temporaryDirectory } from '../support/run-directory.ts';

let directory: string;
let home: string;

beforeAll(() => {
  directory = temporaryDirectory('front-door');
  home = join(directory, 'home');
});

afterEach(killAtlasProcesses);

afterAll(() => {
  for (const { pid } of processesIn(directory)) process.kill(pid, 'SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

const noStackTrace = (output: string): void => expect(output).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);

describe('atlas dev', () => {
  it('stops cleanly on Ctrl-C in every phase of the start', async () => {
    for (const phase of ['Starting Postgres', 'Migrating the schema', 'Starting change capture']) {
      const atlas = new AtlasProcess(['dev', '--no-sample'], home);
      await atlas.says(phase);
      expect(await atlas.interrupt(), atlas.output).toBe(0);
      noStackTrace(atlas.output);
      expect(processesIn(home), phase).toEqual([]);
    }
  }, 60_000);

  it('leaves no process behind when it is killed', async () => {
    const atlas = await startAtlasDev(home, ['--no-sample']);
    atlas.signal('SIGKILL');
    await atlas.exit();
    await vi.waitFor(() => expect(processesIn(home)).toEqual([]), { timeout: 10_000 });
  });

  it('stops when the npm process that started it is stopped', async () => {
    const npm = spawn('npm', ['start', '--', '--no-sample'], {
      env: { ...process.env, ATLAS_HOME: home, ATLAS_PORT: '0' },
      detached: true, // A group of its own.
    });
    onTestFailed(() => {
      spawnSync('kill', ['-KILL', '--', `-${npm.pid}`]);
    });
    let output = '';
    npm.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    await vi.waitFor(() => expect(output).toContain('Atlas is ready'), { timeout: 60_000 });
    npm.kill('SIGTERM');
    await vi.waitFor(() => expect(processesIn(home)).toEqual([]), { timeout: 15_000 });
    await vi.waitFor(() => expect(existsSync(join(home, 'lock'))).toBe(false), { timeout: 15_000 });
  }, 120_000);

  it('refuses to run twice in one home', async () => {
    const atlas = await startAtlasDev(home, ['--no-sample']);
    const rival = new AtlasProcess(['dev'], home);
    expect(await rival.exit()).toBe(1);
    expect(rival.output).toContain(String(atlas.pid));
    expect(rival.output).not.toContain('Stopped.');
    noStackTrace(rival.output);

    await vi.waitFor(async () => expect((await fetch(`${atlas.stack.http}/health/replication`)).status).toBe(200), {
      timeout: 30_000,
      interval: 200,
    });
    const doctor = new AtlasProcess(['doctor', '--all'], home);
    expect(await doctor.exit(), doctor.output).toBe(0);
    expect(doctor.output).toContain(`of "atlas dev" in ${home} (${atlas.stack.http}).`);
    expect(doctor.output).toContain('ok: The copy in ClickHouse of shard s1 is healthy.');
    expect(doctor.output).toContain(`ok: The disk of ${home} has `);
    expect(doctor.output).not.toContain(new URL(atlas.stack.shards[0]?.primary ?? '').password);

    const hint = `"atlas dev" runs in ${home} (${atlas.stack.http}); to use it, set ATLAS_HOME="${home}".`;
    const printed = new AtlasProcess(['schema', 'print'], join(directory, 'elsewhere'));
    expect(await printed.exit()).toBe(0);
    expect(printed.output).toContain(`No shards are configured, so the SDL has no typed fields.`);
    expect(printed.output).toContain(`${hint}\n`);

    writeFileSync(join(directory, 'y.csv'), 'a,b\n1,2\n');
    const elsewhere = new AtlasProcess(['import', join(directory, 'y.csv')], join(directory, 'elsewhere'));
    expect(await elsewhere.exit()).toBe(2);
    expect(elsewhere.output).toContain(`no "atlas dev" runs in ${join(directory, 'elsewhere')} (ATLAS_HOME)`);
    expect(elsewhere.output).toContain(hint);

    const eraser = new AtlasProcess(['dev', '--reset'], home);
    expect(await eraser.exit()).toBe(1);
    expect(eraser.output).toContain(`as process ${atlas.pid}`);
    expect(eraser.output).not.toContain('Removed');
    noStackTrace(eraser.output);
    expect((await fetch(`${atlas.stack.http}/health/live`)).status).toBe(200);

    expect(await atlas.interrupt()).toBe(0);
    expect(processesIn(home)).toEqual([]);
  }, 240_000);

  it('removes all data with --reset, stops what a killed process has left running, and starts anew', async () => {
    const killed = await startAtlasDev(home, ['--no-sample']);
    const written = await killed.graphql(
      'mutation { upsertEntities(input: [{ id: "1", type: "thing", attributes: [] }]) { results { status } } }',
    );
    expect(written).toMatchObject({ errors: [], data: { upsertEntities: { results: [{ status: 'CREATED' }] } } });
    writeFileSync(join(home, 'notes.txt'), 'mine');
    for (const { pid } of processesIn(home).filter(({ command }) => command.includes('atlas-guard'))) {
      process.kill(pid, 'SIGKILL');
    }
    killed.signal('SIGKILL');
    await killed.exit();
    expect(processesIn(home)).not.toEqual([]);

    const usual = createServer().on('error', () => {}); // Something else may have it already.
    await new Promise<void>((tried) => usual.once('error', () => tried()).listen(4000, '127.0.0.1', tried));
    const atlas = await startAtlasDev(home, ['--no-sample', '--reset'], { ATLAS_PORT: '' });
    usual.close();
    expect(atlas.output).toMatch(/^Port 4000 is in use by .*\. Using (\d+); set ATLAS_PORT to choose another\.$/m);
    expect(atlas.stack.http).toBe(`http://localhost:${/Using (\d+)/.exec(atlas.output)?.[1]}`);
    expect(atlas.output).toContain(`Removed all data in ${home}/: clickhouse, `);
    expect(atlas.output).toContain('Stopped a Postgres server that was left running');
    expect(atlas.output).toContain(`Kept ${join(home, 'notes.txt')}`);
    expect(atlas.output).toMatch(new RegExp(`are in ${home}/. .*ATLAS_HOME="${home}" npx atlas dev --reset\n`));
    const read = await atlas.graphql('{ entity(id: "1") { id } }');
    expect(read).toMatchObject({ data: { entity: null }, errors: [] });
    expect(await atlas.interrupt()).toBe(0);
  }, 120_000);

  it('reports which port is taken and how to choose another', async () => {
    const other = createServer();
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as AddressInfo;
    const atlas = new AtlasProcess(['dev', '--no-sample'], home, { ATLAS_PORT: String(port) });
    expect(await atlas.exit()).toBe(1);
    expect(atlas.output).toContain(String(port));
    expect(atlas.output).toContain(`in use by process ${process.pid}`);
    expect(atlas.output).toContain('ATLAS_PORT');
    expect(atlas.output).not.toContain('Starting Postgres');
    noStackTrace(atlas.output);
    expect(processesIn(home)).toEqual([]);
    await new Promise((closed) => other.close(closed));
  });
});

describe('the command line', () => {
  const run = async (
    args: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<{ code: number | null; output: string }> => {
    const atlas = new AtlasProcess(args, join(directory, 'nothing-here'), environment);
    return { code: await atlas.exit(), output: atlas.output };
  };

  it.each([
    [['fly'], 'fly'],
    [['dev', '--rest'], '(Did you mean --reset?)\n(run atlas dev --help for its options)'],
    [['tenant', 'ersae'], '(Did you mean erase?)\n(run atlas tenant --help for its commands)'],
    [['import'], 'file'],
    [['import', 'x.csv', '--tenant', 'me'], 'positive integer'],
    [['import', 'x.csv', '--limit', '0'], 'positive integer'],
  ])('exits with 2 for %j and says why', async (args, why) => {
    const { code, output } = await run(args);
    expect(code).toBe(2);
    expect(output).toContain(why);
    noStackTrace(output);
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await run(['--version'])).toEqual({ code: 0, output: `${version}\n` });
  });

  it('lists all invalid settings together', async () => {
    const { code, output } = await run(['config'], { ATLAS_PORT: 'http', ATLAS_PROT: '1', ATLAS_POOL_SIZE: '-3' });
    expect(code).toBe(2);
    for (const name of ['ATLAS_PORT', 'ATLAS_PROT', 'ATLAS_POOL_SIZE']) expect(output).toContain(name);
  });

  it('masks secrets when it prints the configuration', async () => {
    const { code, output } = await run(['config'], { ATLAS_JWT_SECRET: 'a-secret-of-thirty-two-characters!' });
    expect(code).toBe(0);
    expect(output).toContain('ATLAS_JWT_SECRET');
    expect(output).not.toContain('thirty-two');
  });

  it('exits silently when the reader of its output closes the pipe', () => {
    const { stderr } = spawnSync('sh', ['-c', `"${process.execPath}" bin/atlas.cjs config | true`], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
  });

  it('prints the SDL of the subgraph', async () => {
    const { code, output } = await run(['schema', 'print']);
    expect(code).toBe(0);
    expect(output).toContain('type Entity');
    expect(output).toContain('No shards are configured, so the SDL has no typed fields.');
    expect(await run(['schema', 'print', '--tenant', '7'])).toMatchObject({ code: 2 });
  });

  it('imports nothing if there are no shards to import into', async () => {
    writeFileSync(join(directory, 'x.csv'), 'a,b\n1,2\n');
    const { code, output } = await run(['import', join(directory, 'x.csv')]);
    expect(code).toBe(2);
    expect(output).toContain('ATLAS_SHARDS');
  });
});
