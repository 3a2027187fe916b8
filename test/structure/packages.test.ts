import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const readManifest = (folder: string) =>
  JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
const manifest = readManifest('.');
const shipped = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });

/** Without what is installed. */
function code(folder: string, ending = '.ts'): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : code(path, ending);
    return entry.name.endsWith(ending) ? [readFileSync(join(root, path), 'utf8')] : [];
  });
}

function imported(folder: string, ending?: string): Set<string> {
  const statements = code(folder, ending).flatMap((text) => [
    ...text.matchAll(/^(?:import|export|\})(?:\s[^'\n]*)? from '([^'.][^']*)';$/gm),
    ...text.matchAll(/\bimport\('([^'.][^']*)'\)/g),
  ]);
  const packages = statements
    .map((match) => match[1] ?? '')
    .filter((specifier) => !isBuiltin(specifier))
    .map((specifier) =>
      specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  return new Set(packages);
}

describe('the packages that package.json names', () => {
  it('include everything src imports, as dependencies', () => {
    expect([...imported('src')].filter((name) => !shipped.includes(name))).toEqual([]);
  });

  it('include everything tests, benchmarks, examples and packages import', () => {
    // The paths of tsconfig.json lead to packages/client.
    const known = [...shipped, ...Object.keys(manifest.devDependencies), '@atlas/client'];
    const others = ['test', 'bench', 'examples', 'packages'].flatMap((folder) => [...imported(folder)]);
    expect(others.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('leave what the peers of the benchmark import to a manifest of their own', () => {
    const named = Object.keys(readManifest('bench/peers').dependencies);
    expect([...imported('bench/peers', '.mjs')].filter((name) => !named.includes(name))).toEqual([]);
  });

  it('are all used by src if they are dependencies', () => {
    const text = code('src').join('\n');
    expect(shipped.filter((name) => !text.includes(`'${name}`))).toEqual([]);
  });
});
