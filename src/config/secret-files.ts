import { readFileSync } from 'node:fs';

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment with `NAME`, the content of a file, in place of `NAME_FILE`, for the given names: secrets that are mounted as files. A line
 * break at the end of a file is left out.
 * @param faults receives what is wrong, without the contents of files.
 */
export function withSecretFiles(environment: Environment, names: readonly string[], faults: string[]): Environment {
  const complete = { ...environment };
  for (const name of names) {
    const path = environment[`${name}_FILE`];
    delete complete[`${name}_FILE`];
    if (path === undefined || path === '') continue;
    if (environment[name]) {
      faults.push(`${name} and ${name}_FILE are both set; set one of them.`);
      continue;
    }
    try {
      complete[name] = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      faults.push(`${name}_FILE is not the path of a readable file (${(error as NodeJS.ErrnoException).code}).`);
    }
  }
  return complete;
}
