import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConfigError, loadSettings } from '../../src/config/config.ts';
import { loadServerConfig } from '../../src/config/server-config.ts';

const SECRET = 'a secret that is long enough for HS256';

function faults(environment: Record<string, string>): string {
  try {
    loadSettings(environment);
    return '';
  } catch (error) {
    return (error as ConfigError).faults.join('\n');
  }
}

describe('the settings of authentication', () => {
  it('refuses the URL of a key set with a user or password, and does not show it', () => {
    const refusal = faults({
      ATLAS_JWKS_URL: 'https://user:secret@id.example/jwks.json',
      ATLAS_JWT_ISSUER: 'https://id.example',
      ATLAS_JWT_AUDIENCE: 'atlas',
    });
    expect(refusal).toContain('ATLAS_JWKS_URL: must not contain a user or password');
    expect(refusal).not.toContain('secret@');
  });

  it('require issuer and audience with a key set, and a key set over https', () => {
    const keySet = { ATLAS_JWKS_URL: 'https://id.example/jwks.json' };
    expect(faults(keySet)).toMatch(/ATLAS_JWT_ISSUER is not set.*\nATLAS_JWT_AUDIENCE is not set/);
    const claims = { ATLAS_JWT_ISSUER: 'https://id.example', ATLAS_JWT_AUDIENCE: 'atlas' };
    expect(faults({ ...keySet, ...claims })).toBe('');
    for (const url of ['http://localhost:1/k', 'http://127.0.0.1:1/k', 'http://[::1]:1/k']) {
      expect(faults({ ATLAS_JWKS_URL: url, ...claims })).toBe('');
    }
    for (const url of ['http://id.example/k', 'http://localhost.example/k', 'ftp://id.example/k', 'keys']) {
      expect(faults({ ATLAS_JWKS_URL: url, ...claims })).toContain('ATLAS_JWKS_URL');
    }
  });

  it('take a previous secret in addition to the one in use only', () => {
    expect(faults({ ATLAS_JWT_SECRET_PREVIOUS: SECRET })).toContain('ATLAS_JWT_SECRET is not set');
    expect(faults({ ATLAS_GATEWAY_SECRET_PREVIOUS: SECRET })).toContain('ATLAS_GATEWAY_SECRET is not set');
    expect(faults({ ATLAS_GATEWAY_SECRET: 'short' })).toBe('ATLAS_GATEWAY_SECRET: must have at least 32 characters.');
  });
});

describe('a secret in a file', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'atlas-secrets-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (text: string) => {
    const path = join(folder, 'secret');
    writeFileSync(path, text);
    return path;
  };

  it('is the content without the line break at its end', () => {
    expect(loadSettings({ ATLAS_JWT_SECRET_FILE: file(`${SECRET}\n`) }).ATLAS_JWT_SECRET).toBe(SECRET);
    expect(loadSettings({ ATLAS_CLICKHOUSE_URL_FILE: file('http://u:p@h:8123/d\r\n') }).ATLAS_CLICKHOUSE_URL).toBe(
      'http://u:p@h:8123/d',
    );
  });

  it('may have the shards', () => {
    const shards = JSON.stringify({ shards: [{ id: 's0', primary: 'postgres://h/d' }] });
    expect(
      loadServerConfig({ ATLAS_SHARDS: 'needed' }, { ATLAS_SHARDS_FILE: file(shards) }).shardConfig.shards,
    ).toHaveLength(1);
  });

  it('is not quoted if something is wrong with it', () => {
    expect(faults({ ATLAS_JWT_SECRET_FILE: file('short') })).toBe(
      'ATLAS_JWT_SECRET: must have at least 32 characters.',
    );
    expect(faults({ ATLAS_JWT_SECRET_FILE: join(folder, 'none') })).toBe(
      'ATLAS_JWT_SECRET_FILE is not the path of a readable file (ENOENT).',
    );
    expect(faults({ ATLAS_JWT_SECRET_FILE: file(SECRET), ATLAS_JWT_SECRET: SECRET })).toContain('set one of them');
  });

  it('exists for secrets only', () => {
    expect(faults({ ATLAS_PORT_FILE: file('1') })).toContain('ATLAS_PORT_FILE is not a setting');
  });
});
