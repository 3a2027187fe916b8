import type { PostgresDatabase } from '../../connections/postgres/postgres-database.ts';
import type { ProcessRole } from '../../domain/atlas-role.ts';
import { executeWithLiteral } from '../execute-with-literal.ts';
import { whileMigrating } from '../migrate-shard.ts';
import { scramVerifier } from './scram-verifier.ts';

const LOGGING_IN = ['atlas_serve', 'atlas_replicate'] as const satisfies readonly ProcessRole[];

/** Lets the roles that have a password here log in with it. Roles belong to the server, with all of its databases. */
export async function letRolesLogIn(
  database: PostgresDatabase,
  passwords: Readonly<Partial<Record<ProcessRole, string>>>,
): Promise<void> {
  for (const role of LOGGING_IN) {
    const password = passwords[role];
    if (password === undefined) continue;
    const verifier = await scramVerifier(password);
    await whileMigrating(database, (session) =>
      executeWithLiteral(session, `ALTER ROLE ${role} LOGIN PASSWORD %L`, verifier),
    );
  }
}
