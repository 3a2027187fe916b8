import { statfsSync } from 'node:fs';
import { type Finding, fail, ok, size, warn } from '../finding.ts';
import { type Check, type Patient, primariesOf } from '../patient.ts';

/** Shares of a disk. */
const LITTLE = 0.15;
const ALMOST_NONE = 0.05;

/** How much is stored and, where it can be known, how much room is left. Postgres does not tell the free space of its disk. */
export const disk: Check = {
  title: 'disk',
  async examine(patient) {
    const databases = await Promise.all(
      primariesOf(patient).map(async ({ name, database }) => {
        const text = 'SELECT pg_database_size(current_database())::double precision AS bytes';
        const [row] = await database.query<{ bytes: number }>({ text, values: [] });
        return ok(`The database of the ${name} has ${size(row?.bytes ?? 0)}.`);
      }),
    );
    return [...databases, ...(await clickhouseDisks(patient)), ...home(patient)];
  },
};

async function clickhouseDisks({ clickhouse }: Patient): Promise<Finding[]> {
  if (clickhouse === null) return [];
  const disks = await clickhouse.query<{ name: string; free: string; total: string }>(
    'SELECT name, free_space AS free, total_space AS total FROM system.disks',
  );
  return disks.map(({ name, free, total }) => room(`The disk ${name} of ClickHouse`, Number(free), Number(total)));
}

function home({ stack }: Patient): Finding[] {
  if (stack === null) return [];
  const { bavail, blocks, bsize } = statfsSync(stack.home);
  return [room(`The disk of ${stack.home}`, bavail * bsize, blocks * bsize)];
}

function room(what: string, free: number, total: number): Finding {
  const message = `${what} has ${size(free)} of ${size(total)} free`;
  if (free < total * ALMOST_NONE) return fail(`${message}; free some space, or enlarge it, before writes fail.`);
  if (free < total * LITTLE) return warn(`${message}; free some space, or enlarge it.`);
  return ok(`${message}.`);
}
