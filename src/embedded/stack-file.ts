import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const stackSchema = z.object({
  http: z.string(),
  shards: z.array(z.object({ id: z.string(), primary: z.string(), replicas: z.array(z.string()) })),
});

/** What a running stack tells other programs about itself. It holds passwords: only its owner may read it. */
export type StackDescription = z.infer<typeof stackSchema>;

const pathIn = (home: string): string => join(home, 'stack.json');

/** Null where no stack runs, or what is there is no such file. */
export function readStackFile(home: string): StackDescription | null {
  try {
    return stackSchema.parse(JSON.parse(readFileSync(pathIn(home), 'utf8')));
  } catch {
    return null;
  }
}

/** Readers see the whole old file or the whole new one. */
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
