/** What an import takes of the processors, by process, until replicas and ClickHouse have it: `npx tsx bench/import-cpu.ts [entities]`. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useRunDirectory } from '../test/support/run-directory.ts';
import { parseOptions } from './suite/options.ts';
import { GIANT, Stage } from './support/stage.ts';

const TICK_US = 10_000;
const SAMPLED_EVERY_MS = 50;

/** What a process is, by its command line. */
const ROLES: readonly (readonly [RegExp, string])[] = [
  [/walsender.*\b(START_REPLICATION|atlas_cdc)|logical/, 'logical decoding'],
  [/walsender/, 'walsender'],
  [/startup|walreceiver/, 'replicas'],
  [/autovacuum/, 'autovacuum'],
  [/walwriter|checkpointer|background writer|io worker/, 'Postgres: WAL, checkpoints, I/O'],
  [/postgres: /, 'Postgres: backends'],
  [/clickhouse/i, 'ClickHouse'],
  [/ import /, 'import'],
  [/\breplicate\b/, 'replicate'],
  [/\bserve\b/, 'serve'],
];

const OTHERS = 'the benchmark itself';

/** CPU so far of this process and those that it has started, also of those that have ended, as far as it was sampled. */
class Processes {
  readonly #ticks = new Map<string, { role: string; ticks: number }>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.sample();
    this.#timer = setInterval(() => this.sample(), SAMPLED_EVERY_MS);
  }

  sample(): void {
    const parents = new Map<string, string>();
    const found: { pid: string; started: string; ticks: number }[] = [];
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const text = contentOf(`/proc/${pid}/stat`);
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      parents.set(pid, fields[1] ?? '');
      found.push({ pid, started: fields[19] ?? '', ticks: Number(fields[11]) + Number(fields[12]) });
    }
    for (const { pid, started, ticks } of found) {
      if (!isOwn(pid, parents)) continue;
      const line = contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
      if (line === '') continue;
      const role = ROLES.find(([pattern]) => pattern.test(line))?.[1] ?? OTHERS;
      this.#ticks.set(`${pid} ${started}`, { role, ticks });
    }
  }

  byRole(): ReadonlyMap<string, number> {
    this.sample();
    const sums = new Map<string, number>();
    for (const { role, ticks } of this.#ticks.values()) sums.set(role, (sums.get(role) ?? 0) + ticks * TICK_US);
    return sums;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Empty if the process has ended. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function isOwn(pid: string, parents: ReadonlyMap<string, string>): boolean {
  for (let at: string | undefined = pid; at !== undefined; at = parents.get(at)) {
    if (at === String(process.pid)) return true;
  }
  return false;
}

const entities = Number(process.argv[2] ?? 40_000);
const directory = mkdtempSync(join(tmpdir(), 'atlas-bench-'));
// Postgres does not run as root, and must find its directory.
chmodSync(directory, 0o755);
useRunDirectory(directory);
const stage = await Stage.start(parseOptions(['--entities', String(entities), '--tenants', '1']));
const processes = new Processes();
try {
  await stage.define(GIANT);
  const warm = stage.newTenant();
  await stage.define(warm);
  await stage.import(warm, 1, 5_000, GIANT);
  await stage.settle();
  const before = processes.byRole();
  process.stdout.write(`Importing ${entities} entities\n`);
  const startedAt = performance.now();
  const { rate, seconds } = await stage.import(GIANT, 1, entities);
  await stage.settle();
  const all = (performance.now() - startedAt) / 1_000;
  const after = processes.byRole();
  const spent = [...after].map(([role, us]) => [role, (us - (before.get(role) ?? 0)) / entities] as const);
  for (const [role, us] of spent.sort(([, a], [, b]) => b - a)) {
    if (us >= 0.5) process.stdout.write(`${us.toFixed(0).padStart(6)} µs  ${role}\n`);
  }
  const total = spent.reduce((sum, [, us]) => sum + us, 0);
  process.stdout.write(`${total.toFixed(0).padStart(6)} µs  in all\n`);
  process.stdout.write(`${rate} entities/s; command ${seconds.toFixed(1)} s; until all have it ${all.toFixed(1)} s\n`);
} finally {
  processes.stop();
  await stage.stop();
  rmSync(directory, { recursive: true, force: true });
}
