import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const stackSchema = z.object({
  http: z.string(),
  shards: z.array(z.object({ id: z.string(), primary: z.string(), replicas: z.array(z.string()) })),
});

/** Addresses of a running stack, for other programs. Contains passwords: only its owner may read it. */
export type StackDescription = z.infer<typeof stackSchema>;

const pathIn = (home: string): string => join(home, 'stack.json');

/** Null if no stack is running, or the file is not valid. */
export function readStackFile(home: string): StackDescription | null {
  try {
    return stackSchema.parse(JSON.parse(readFileSync(pathIn(home), 'utf8')));
  } catch {
    return null;
  }
}

/** Replaces the file atomically: readers see either the old or the new one. */
export function writeStackFile(home: string, description: StackDescription): void {
  const path = pathIn(home);
  const next = `${path}.new`;
  rmSync(next, { force: true });
  writeFileSync(next, `${JSON.stringify(description, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, path);
}

export function removeStackFile(home: string): void {
  rmSync(pathIn(home), { force: true });
}
