import { describe, expect, it } from 'vitest';
import { REPLICATE_DEFAULTS } from '../../src/config/command-defaults.ts';
import { loadServerConfig } from '../../src/config/server-config.ts';

const ATLAS_SHARDS = '{"shards":[{"id":"s0","primary":"postgres://localhost/atlas"}]}';

describe('the configuration of a server', () => {
  it('has settings and shards', () => {
    const { settings, shardConfig } = loadServerConfig({}, { ATLAS_SHARDS, ATLAS_PORT: '1' });
    expect(settings.ATLAS_PORT).toBe(1);
    expect(shardConfig.shards.map(({ id }) => id)).toEqual(['s0']);
  });

  it('has the port of its command, unless the environment sets one', () => {
    const port = (environment: Record<string, string>) =>
      loadServerConfig({}, { ATLAS_SHARDS, ...environment }, REPLICATE_DEFAULTS).settings.ATLAS_PORT;
    expect(port({})).toBe(4001);
    expect(port({ ATLAS_PORT: '' })).toBe(4001);
    expect(port({ ATLAS_PORT: '4000' })).toBe(4000);
    expect(loadServerConfig({}, { ATLAS_SHARDS }).settings.ATLAS_PORT).toBe(4000);
  });

  it('is refused with all faults of settings and shards, and all missing settings, together', () => {
    const load = () =>
      loadServerConfig({ ATLAS_CLICKHOUSE_URL: 'it is needed' }, { ATLAS_SHARDS: '{"shards":[]}', ATLAS_PORT: '-1' });
    expect(load).toThrow(
      /ATLAS_PORT: .*\n.*ATLAS_SHARDS\.shards: .*\n.*ATLAS_CLICKHOUSE_URL is not set; it is needed\.$/,
    );
  });

  it('needs shards', () => {
    expect(() => loadServerConfig({}, { ATLAS_SHARDS: '' })).toThrow('ATLAS_SHARDS is not set; list the shards');
  });
});
