import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const newPassword = () => randomBytes(18).toString('base64url');

const stateSchema = z.object({
  /** Password of the servers' superuser. */
  password: z.string().min(1),
  /** Passwords of the roles that the processes log in with. */
  roles: z
    .object({ atlas_serve: z.string().min(1), atlas_replicate: z.string().min(1) })
    .default(() => ({ atlas_serve: newPassword(), atlas_replicate: newPassword() })),
  /** Ports of the last start, by server, for example `s0 primary`. */
  ports: z.record(z.string(), z.number().int()).default({}),
});

/** State kept from one start to the next, in addition to the data. Contains passwords: only its owner may read it. */
export type StackState = z.infer<typeof stateSchema>;

const pathIn = (home: string): string => join(home, 'state.json');

/** Null on the first start, or if the file is damaged; the passwords are then set again. */
export function readStackState(home: string): StackState | null {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(pathIn(home), 'utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export function newStackState(): StackState {
  return stateSchema.parse({ password: newPassword() });
}

export function writeStackState(home: string, state: StackState): void {
  const path = pathIn(home);
  const next = `${path}.new`;
  rmSync(next, { force: true });
  writeFileSync(next, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, path);
}
