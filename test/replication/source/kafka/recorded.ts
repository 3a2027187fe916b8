import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, 'recorded-messages.json');

/** What the real connector sent (`npm run kafka:record`): its snapshot of one row, then the changes that `test/support/kafka/record.ts` makes. */
export function recorded(): readonly (string | null)[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as (string | null)[];
}

/** The messages of each recorded transaction, from BEGIN to END, tombstones left out. */
function transactions(): readonly (readonly string[])[] {
  const found: string[][] = [];
  for (const message of recorded()) {
    if (message === null) continue;
    if (message.startsWith('{"status":"BEGIN"')) found.push([]);
    found.at(-1)?.push(message);
  }
  return found;
}

function containing(...parts: readonly string[]): readonly string[] {
  const [found] = transactions().filter((messages) => parts.every((part) => messages.join().includes(part)));
  if (found === undefined) throw new Error(`No transaction with ${parts.join(' and ')} was recorded`);
  return found;
}

export const TRANSACTIONS = {
  heartbeat: containing('"table":"shard"', '"heartbeat_at":"'),
  /** Of the largest entity id, with numbers that a double cannot hold. */
  created: containing('"op":"c"', '9223372036854775807'),
  updated: containing('"op":"u"', '9223372036854775807'),
  /** Of an entity whose attributes are stored out of line, and have not changed. */
  large: containing('"op":"u"', '"number_1":1.0E300'),
  /** Two rows are created, the first is updated, the second deleted. */
  several: containing('"op":"c"', '"op":"d"', '"total_order":4'),
  /** An entity gets another id. */
  moved: containing('"op":"d"', '"op":"c"', '"entity_id":5'),
  audit: containing('"table":"audit"'),
  copyRequest: containing('"prefix":"atlas.resync"'),
  truncate: containing('"op":"t"'),
} as const;
