import { readdirSync, readFileSync } from 'node:fs';
import type { PostgresPool } from '../../src/connections/postgres/postgres-pool.ts';

const TICK_MS = 10;

/** What a piece of work takes of the processors, whatever else the machine does: in this process, with ClickHouse in it, and in the Postgres server. */
export class CpuTime {
  readonly #postmaster: number;

  private constructor(postmaster: number) {
    this.#postmaster = postmaster;
  }

  static async with(database: PostgresPool): Promise<CpuTime> {
    const [backend] = await database.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid', values: [] });
    if (backend === undefined) throw new Error('The server has returned no row');
    return new CpuTime(Number(statOf(String(backend.pid))[3]));
  }

  /** In milliseconds. */
  async of(work: () => Promise<unknown>): Promise<number> {
    const [server, own] = [this.#server(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(own);
    return this.#server() - server + (user + system) / 1_000;
  }

  /** Of its processes, and of those that have ended. */
  #server(): number {
    let ticks = 0;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const stat = statOf(pid);
      if (Number(pid) === this.#postmaster) ticks += Number(stat[15]) + Number(stat[16]);
      else if (Number(stat[3]) === this.#postmaster) ticks += Number(stat[13]) + Number(stat[14]);
    }
    return ticks * TICK_MS;
  }
}

/** The fields of /proc/<pid>/stat; none if the process has ended. */
function statOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/\(.*\)/, '')
      .split(/ +/)
      .toSpliced(1, 0, '');
  } catch {
    return [];
  }
}
