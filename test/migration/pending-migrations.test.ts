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

  it('are refused where an applied file was changed', () => {
    expect(() => pendingMigrations('shard s0', files, [file(1), file(2, 'other')])).toThrow(
      'Migration 0002_x.sql was changed after shard s0 applied it: restore the file, and put the change into a new one.',
    );
  });

  it('are refused where the store is ahead', () => {
    expect(() => pendingMigrations('shard s0', [file(1)], [file(1), file(2)])).toThrow(
      'Migration 0002_x.sql, which shard s0 has, is not in this version of Atlas',
    );
  });

  it('are refused where one was left out', () => {
    expect(() => pendingMigrations('shard s0', files, [file(2)])).toThrow('but not all before it');
  });
});

describe('the migration files', () => {
  it.each(['postgres', 'clickhouse'] as const)('of %s are numbered without gaps', (store) => {
    expect(readMigrations(migrationsDirectory(store)).length).toBeGreaterThan(0);
  });

  it('are split at semicolons that end a line, and comments alone are no statement', () => {
    const text = "-- about a\nCREATE a; -- end\n\nINSERT ';x' ;\n-- nothing;\n";
    expect(statementsOf(text)).toEqual(['-- about a\nCREATE a', "INSERT ';x'"]);
  });
});
