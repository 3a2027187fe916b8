import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { packageFile } from '../lib/package-file.ts';
import { MigrationError } from './migration-error.ts';

export interface Migration {
  readonly number: number;
  /** File name. */
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

const FILE_NAME = /^([0-9]{4})_[a-z0-9_]+\.sql$/;

/** The package's migration files. */
export function migrationsDirectory(store: 'postgres' | 'clickhouse'): URL {
  return packageFile(`migrations/${store}/`);
}

/** Reads the files in order. @throws MigrationError if their numbers are not 1, 2, 3, … */
export function readMigrations(directory: URL): Migration[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((name, index) => {
    const number = Number(FILE_NAME.exec(name)?.[1]);
    if (number !== index + 1) {
      const expected = String(index + 1).padStart(4, '0');
      throw new MigrationError(
        `Migration ${name} is misnumbered; expected ${expected}_, because numbers must be consecutive.`,
      );
    }
    const text = readFileSync(new URL(name, directory), 'utf8');
    return { number, name, text, sha256: createHash('sha256').update(text).digest('hex') };
  });
}
