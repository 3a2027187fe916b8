import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Package {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly dev?: boolean;
}

const root = (folder: string, name: string) => resolve(import.meta.dirname, '../..', folder, name);

function installedBy(folder: string): readonly (readonly [path: string, Package])[] {
  const { packages } = JSON.parse(readFileSync(root(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Package>;
  };
  return Object.entries(packages).filter(([path]) => path !== '');
}

/** Everything; what `npm run bench` compares Atlas with; what the schema of AWS is made from. */
const MANIFESTS = ['.', 'bench/peers', 'scripts/aws-schema'];

/** Licences that let anybody run Atlas as a service. */
const PERMISSIVE =
  /^(MIT|Apache-2\.0|ISC|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0|MIT OR Apache-2\.0|\(?MIT AND BSD-3-Clause\)?)$/;

/** With the reason. */
const KNOWN: Readonly<Record<string, string>> = {
  'node_modules/@apollo/federation-internals':
    'Elastic-2.0: comes with @apollo/subgraph; forbids to offer Apollo Federation itself as a service, which Atlas does not',
};

const OTHER_PLATFORM = /(darwin|win32|windows|linux|android|freebsd)-(arm|x64|ia32|ppc64|s390x|riscv64|loong64)/;

describe('the dependencies', () => {
  it('of the server have licences that permit everybody to run it', () => {
    const others = installedBy('.')
      .filter(([path, { dev, license }]) => dev !== true && !PERMISSIVE.test(license ?? '') && !(path in KNOWN))
      .map(([path, { license }]) => `${path}: ${license}`);
    expect(others).toEqual([]);
  });

  it.each(MANIFESTS)('of %s are checked against their content when they are installed', (folder) => {
    const unchecked = installedBy(folder)
      .filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))
      // Packages for other platforms than the one on which the file was written.
      .filter(([path, { optional }]) => !(optional === true && OTHER_PLATFORM.test(path)))
      .map(([path]) => path);
    expect(unchecked).toEqual([]);
  });

  it.each(MANIFESTS)('of %s are pinned to one version', (folder) => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      readFileSync(root(folder, 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    const ranges = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${name}@${version}`);
    expect(ranges).toEqual([]);
  });
});
