import { MigrationError } from './migration-error.ts';
import type { Migration } from './migration-files.ts';

export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
}

/**
 * What is still to be applied, in order.
 * @param store For messages: `shard s0`, `ClickHouse`.
 * @throws MigrationError where an applied file has changed, is missing, or was skipped.
 */
export function pendingMigrations(
  store: string,
  files: readonly Migration[],
  applied: readonly AppliedMigration[],
): Migration[] {
  const byNumber = new Map(files.map((file) => [file.number, file]));
  for (const record of applied) {
    const file = byNumber.get(record.number);
    if (file === undefined) {
      throw new MigrationError(
        `Migration ${record.name}, which ${store} has, is not in this version of Atlas: run the version that applied it, or a later one.`,
      );
    }
    if (file.sha256 !== record.sha256) {
      throw new MigrationError(
        `Migration ${file.name} was changed after ${store} applied it: restore the file, and put the change into a new one.`,
      );
    }
  }
  const latest = Math.max(0, ...applied.map((record) => record.number));
  if (latest !== applied.length) {
    throw new MigrationError(
      `Migration ${latest} is applied to ${store}, but not all before it: restore the records in schema_migration.`,
    );
  }
  return files.filter((file) => file.number > latest);
}
