import { describe, expect, it } from 'vitest';
import { statementsOf } from '../../src/migration/migrate-clickhouse.ts';
import { migrationsDirectory, readMigrations } from '../../src/migration/migration-files.ts';
import { pendingMigrations } from '../../src/migration/pending-migrations.ts';

const file = (number: number, sha256 = `hash ${number}`) => ({ number, name: `000${number}_x.sql`, text: '', sha256 });
const files = [file(1), file(2), file(3)];

describe('pending migrations', () => {
  it('are all files of an empty store', () => {
    expect(pendingMigrations('shard s0', files, [])).toEqual(files);
  });

  it('are the files after the applied ones', () => {
    expect(pendingMigrations('shard s0', files, [file(2), file(1)])).toEqual([file(3)]);
  });

  it('are rejected if an applied file was changed', () => {
    expect(() => pendingMigrations('shard s0', files, [file(1), file(2, 'other')])).toThrow(
      'Migration 0002_x.sql was changed after it was applied to shard s0; restore the file, and add the change as a new migration.',
    );
  });

  it('are rejected if the store is ahead', () => {
    expect(() => pendingMigrations('shard s0', [file(1)], [file(1), file(2)])).toThrow(
      'Migration 0002_x.sql was applied to shard s0, but is not part of this version of Atlas',
    );
  });

  it('are rejected if one was skipped', () => {
    expect(() => pendingMigrations('shard s0', files, [file(2)])).toThrow('but earlier ones are not recorded');
  });
});

describe('the migration files', () => {
  it.each(['postgres', 'clickhouse'] as const)('of %s are numbered without gaps', (store) => {
    expect(readMigrations(migrationsDirectory(store)).length).toBeGreaterThan(0);
  });

  it('are split at semicolons at the end of a line, and comments alone are not a statement', () => {
    const text = "-- about a\nCREATE a; -- end\n\nINSERT ';x' ;\n-- nothing;\n";
    expect(statementsOf(text)).toEqual(['-- about a\nCREATE a', "INSERT ';x'"]);
  });
});
