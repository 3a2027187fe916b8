import { ConfigError, loadSettings, parseShards, type ShardConfig, withSecrets } from './config.ts';
import type { Environment } from './secret-files.ts';
import type { SettingName, Settings } from './settings.ts';

export interface ServerConfig<Needed extends SettingName> {
  readonly settings: Settings & { readonly [Name in Needed]: NonNullable<Settings[Name]> };
  readonly shardConfig: ShardConfig;
}

/**
 * The configuration of a process that connects to existing servers.
 * @param needs The settings it requires, and what each is for.
 * @param defaults of the command, where they differ from the usual ones.
 * @throws ConfigError with all faults of settings and shards
 */
export function loadServerConfig<Needed extends SettingName = never>(
  needs: Readonly<Record<Needed, string>>,
  environment: Environment = process.env,
  defaults: Partial<Record<SettingName, string>> = {},
): ServerConfig<Needed> {
  const faults: string[] = [];
  const complete = withSecrets(environment, faults);
  const settings = collecting(faults, () => loadSettings(complete, defaults));
  const shardConfig = collecting(faults, () => parseShards(complete.ATLAS_SHARDS || undefined));
  for (const [name, purpose] of Object.entries(needs)) {
    if (!complete[name]) faults.push(`${name} is not set; ${purpose}.`);
  }
  if (settings === null || shardConfig === null || faults.length > 0) throw new ConfigError(faults);
  return { settings: settings as ServerConfig<Needed>['settings'], shardConfig };
}

function collecting<T>(faults: string[], load: () => T): T | null {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults);
    return null;
  }
}
