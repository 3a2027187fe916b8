import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/config/settings.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import { ROOT, readComposeFile, readProjectFile } from './support/compose-file.ts';

const text = readProjectFile('docs/operating.md');
const named = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))];

describe('docs/operating.md', () => {
  it('names metrics that exist', () => {
    const metrics = named(/`(?:rate\()?(atlas_[a-z_]+_[a-z]+)[{[` ]/g).filter(
      (name) => !/^atlas_(replica|catalog_)/.test(name),
    );
    expect(metrics.length).toBeGreaterThan(6);
    expect(metrics.filter((name) => new Metrics().registry.getSingleMetric(name) === undefined)).toEqual([]);
  });

  it('names settings, services and tests that exist', () => {
    expect(named(/`(ATLAS_[A-Z_]+)`/g).filter((name) => !(name in SETTINGS))).toEqual([]);
    const { services } = readComposeFile();
    expect(named(/docker compose (?:exec|logs|run --rm) ([\w-]+)/g).filter((name) => !(name in services))).toEqual([]);
    const tests = named(/`([\w/.-]+\.test\.ts)`/g);
    expect(tests.length).toBeGreaterThan(3);
    expect(tests.filter((path) => !existsSync(resolve(ROOT, 'test', path)))).toEqual([]);
  });
});
