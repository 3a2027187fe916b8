import { ConfigError, loadSettings, withSecrets } from './config.ts';
import type { Environment } from './secret-files.ts';
import type { Settings } from './settings.ts';

export interface ExaminedConfig {
  /** Those in force if the faulty ones were not set. */
  readonly settings: Settings;
  readonly faults: readonly string[];
}

/** What the servers are found with, whatever else is wrong. */
const ADDRESSES = ['ATLAS_SHARDS', 'ATLAS_CLICKHOUSE_URL', 'ATLAS_CLICKHOUSE_CA', 'ATLAS_HOME'];

/** The settings as far as they are valid, and what is wrong with the others. */
export function examineConfig(environment: Environment = process.env): ExaminedConfig {
  const faults: string[] = [];
  const complete = withSecrets(environment, faults);
  const attempt = (from: Environment): Settings | null => {
    try {
      return loadSettings(from);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults.filter((fault) => !faults.includes(fault)));
      return null;
    }
  };
  const only = (isKept: (name: string) => boolean): Environment =>
    Object.fromEntries(Object.entries(complete).filter(([name]) => isKept(name)));
  const all = attempt(complete);
  if (all !== null) return { settings: all, faults };
  const faulty = new Set(faults.flatMap((fault) => /^ATLAS_[A-Z0-9_]+/.exec(fault) ?? []).map(String));
  const settings =
    attempt(only((name) => !faulty.has(name))) ??
    attempt(only((name) => !faulty.has(name) && ADDRESSES.includes(name))) ??
    loadSettings({});
  return { settings, faults };
}
