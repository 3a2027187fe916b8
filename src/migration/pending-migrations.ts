import { MigrationError } from './migration-error.ts';
import type { Migration } from './migration-files.ts';

export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
}

/**
 * The files that are not applied yet, in order.
 * @param store name for messages: `shard s0`, `ClickHouse`.
 * @throws MigrationError if an applied file was changed, is missing, or was skipped.
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
        `Migration ${record.name} was applied to ${store}, but is not part of this version of Atlas; run the version that applied it, or a later one.`,
      );
    }
    if (file.sha256 !== record.sha256) {
      throw new MigrationError(
        `Migration ${file.name} was changed after it was applied to ${store}; restore the file, and add the change as a new migration.`,
      );
    }
  }
  const latest = Math.max(0, ...applied.map((record) => record.number));
  if (latest !== applied.length) {
    throw new MigrationError(
      `Migration ${latest} was applied to ${store}, but earlier ones are not recorded; restore the records in schema_migration.`,
    );
  }
  return files.filter((file) => file.number > latest);
}
