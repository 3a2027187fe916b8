import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, readProjectFile } from './support/compose-file.ts';

interface Manifest {
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
}

const lines = readProjectFile('Dockerfile').split('\n');
const stages = lines.filter((line) => line.startsWith('FROM '));
const lastStage = lines.slice(lines.lastIndexOf(stages.at(-1) ?? ''));
const { files, dependencies } = JSON.parse(readProjectFile('package.json')) as Manifest;

/** Parses `COPY a b target`: what is copied, from the build context or from an earlier stage. */
function copied(from: readonly string[], stage: string | null): string[] {
  return from
    .filter((line) => line.startsWith('COPY '))
    .filter((line) => (stage === null ? !line.includes('--from=') : line.includes(`--from=${stage} `)))
    .flatMap((line) => line.split(' ').slice(stage === null ? 1 : 2, -1));
}

describe('the image', () => {
  it('is built on the Node of .nvmrc', () => {
    const node = readProjectFile('.nvmrc').trim();
    expect(stages).toHaveLength(2);
    for (const stage of stages) expect(stage).toMatch(new RegExp(`^FROM node:${node.replaceAll('.', '\\.')}-`));
  });

  it('copies files that exist and are in the build context', () => {
    const ignored = readProjectFile('.dockerignore').trim().split('\n');
    for (const path of copied(lines, null)) {
      expect({ path, exists: existsSync(resolve(ROOT, path)) }).toEqual({ path, exists: true });
      expect(ignored).not.toContain(path.split('/')[0]);
    }
  });

  it('contains every file of the package', () => {
    const held = [...copied(lastStage, null), ...copied(lastStage, 'build').map((path) => path.replace('/atlas/', ''))];
    expect(held).toEqual(expect.arrayContaining([...files, 'package.json', 'package-lock.json', 'LICENSE']));
  });

  it('needs only the packages it installs, neither optional nor development ones', () => {
    expect(lastStage.join('\n')).toContain('RUN npm ci --omit=dev --omit=optional ');
    const loaded = [...packagesLoadedBy(resolve(ROOT, 'src/entrypoints/cli.ts'))];
    expect(loaded).toEqual(expect.arrayContaining(['pg', 'fastify', '@clickhouse/client']));
    expect(loaded.filter((name) => !(name in dependencies))).toEqual([]);
  });

  it('runs the command line as an unprivileged user', () => {
    expect(lastStage).toEqual(
      expect.arrayContaining(['USER node', 'ENTRYPOINT ["node", "--max-semi-space-size=32", "bin/atlas.cjs"]']),
    );
  });
});

const IMPORT = /^(?:import|export) (?!type )(?:[^'";]*? from )?'([^']+)';/gm;
const OWN_LAZY_IMPORT = /import\('(\.[^']+)'\)/g;

/** Packages that a source file imports, directly or indirectly, except types and packages in `await import(…)`. */
function packagesLoadedBy(entry: string): Set<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const pending = [entry];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const code = readFileSync(path, 'utf8');
    for (const [, specifier = ''] of [...code.matchAll(IMPORT), ...code.matchAll(OWN_LAZY_IMPORT)]) {
      if (specifier.startsWith('.')) pending.push(resolve(dirname(path), specifier));
      else if (!specifier.startsWith('node:')) packages.add(packageOf(specifier));
    }
  }
  return packages;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
