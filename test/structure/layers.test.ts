import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Lowest first. A folder may import from itself and from any earlier line, but not from others on the same line. */
const LAYERS: readonly (readonly string[])[] = [
  ['lib'],
  ['domain'],
  ['config'],
  ['observability'],
  ['lifecycle'],
  ['sharding'],
  ['freshness'],
  ['connections'],
  ['watermarks'],
  ['datasources', 'replication', 'migration', 'embedded'],
  ['loaders', 'importing', 'exporting', 'paging', 'writing', 'verification', 'feeds'],
  ['generated'],
  ['resolvers'],
  ['graphql'],
  ['server'],
  ['entrypoints'],
];

/** Packages that only certain layers may import. */
const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  pg: ['connections'],
  '@clickhouse/client': ['connections'],
  '@clickhouse/client-common': ['connections'],
  'pg-logical-replication': ['replication'],
  chdb: ['connections'],
  '@platformatic/kafka': ['connections'],
  '@aws-sdk/client-s3': ['connections'],
  '@aws-sdk/lib-storage': ['connections'],
  '@opentelemetry/api': ['observability'],
  '@opentelemetry/core': ['observability'],
  '@opentelemetry/exporter-trace-otlp-proto': ['observability'],
  '@opentelemetry/resources': ['observability'],
  '@opentelemetry/sdk-trace': ['observability'],
  dataloader: ['loaders'],
  '@apollo/server': ['graphql'],
  fastify: ['server'],
  'graphql-ws': ['server'],
  ws: ['server'],
  commander: ['entrypoints'],
};

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const src = join(root, 'src');

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(file: string): string[] {
  const code = readFileSync(file, 'utf8');
  const statements = code.matchAll(
    /^\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|^import\s*['"]([^'"]+)['"]/gm,
  );
  return [...statements].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

const layerOf = (file: string): string => relative(src, file).split(sep)[0] ?? '';
const rankOf = (layer: string): number => LAYERS.findIndex((line) => line.includes(layer));
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Generated resolver types may import types from any layer, because they name the records that resolvers pass on. */
const files = sourceFiles(src).filter((file) => layerOf(file) !== 'generated');

describe('the layer order', () => {
  it('lists every folder of src', () => {
    const folders = readdirSync(src, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(folders.filter((folder) => rankOf(folder) < 0)).toEqual([]);
  });

  it('lets a folder import only from itself and from lower layers', () => {
    const violations = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => resolve(dirname(file), specifier))
        .filter((target) => target.startsWith(src + sep))
        .filter((target) => layerOf(target) !== layerOf(file) && rankOf(layerOf(target)) >= rankOf(layerOf(file)))
        .map((target) => `${relative(root, file)} imports ${relative(root, target)}`),
    );
    expect(violations).toEqual([]);
  });

  it('leaves each driver to the one layer that owns it', () => {
    const violations = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => PACKAGE_OWNERS[packageOf(specifier)]?.includes(layerOf(file)) === false)
        .map((specifier) => `${relative(root, file)} imports ${specifier}`),
    );
    expect(violations).toEqual([]);
  });

  it('reads the environment in src/config only', () => {
    const readers = files.filter(
      (file) => layerOf(file) !== 'config' && readFileSync(file, 'utf8').includes('process.env'),
    );
    expect(readers.map((file) => relative(root, file))).toEqual([]);
  });

  it('names settings in src/config and src/entrypoints only: every other layer gets plain objects', () => {
    const users = files.filter(
      (file) =>
        !['config', 'entrypoints'].includes(layerOf(file)) &&
        importsOf(file).some((specifier) => specifier.endsWith('/config/settings.ts')),
    );
    expect(users.map((file) => relative(root, file))).toEqual([]);
  });

  it('keeps the packages for clients apart from src, and their core from the libraries that they adapt', () => {
    const packages = sourceFiles(join(root, 'packages')).filter((file) => !file.includes(`${sep}dist${sep}`));
    const outside = packages.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => {
          if (!specifier.startsWith('.')) return file.includes(`${sep}core${sep}`);
          return file.includes(`${sep}core${sep}`)
            ? !resolve(dirname(file), specifier).startsWith(dirname(file) + sep)
            : !specifier.startsWith('./core/');
        })
        .map((specifier) => `${relative(root, file)} imports ${specifier}`),
    );
    expect(outside).toEqual([]);
    expect(packages.length).toBeGreaterThan(5);
    expect(packages.filter((file) => readFileSync(file, 'utf8').split('\n').length > 401)).toEqual([]);
  });

  it('has no barrel and no file longer than 400 lines', () => {
    expect(files.filter((file) => file.endsWith(`${sep}index.ts`)).map((file) => relative(root, file))).toEqual([]);
    const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 401);
    expect(long.map((file) => relative(root, file))).toEqual([]);
  });
});
