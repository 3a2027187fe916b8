import { resolve } from 'node:path';
import { ConfigError, parseShards, type ShardConfig } from '../../config/config.ts';
import type { Settings } from '../../config/settings.ts';
import { runningHomes } from '../../embedded/home/running-homes.ts';
import { readStackFile } from '../../embedded/home/stack-file.ts';

/** The shards in ATLAS_SHARDS or, if it is not set, those of the embedded stack that runs on ATLAS_HOME. @throws ConfigError */
export function shardsOf(settings: Settings): ShardConfig {
  if (settings.ATLAS_SHARDS !== undefined) return parseShards(settings.ATLAS_SHARDS);
  const stack = readStackFile(settings.ATLAS_HOME);
  if (stack === null) throw noShards(settings);
  return { placement: { kind: 'hash' }, shards: stack.shards };
}

/** A sentence for each stack that runs: a command that is run in another directory than `atlas dev` looks for another home. */
export function howToUseRunning(): string[] {
  return runningHomes().map(
    ({ home, http }) => `"atlas dev" runs in ${home} (${http}); to use it, set ATLAS_HOME=${JSON.stringify(home)}.`,
  );
}

/** Says which stacks run on other homes. */
export function noShards({ ATLAS_HOME }: Settings): ConfigError {
  const others = howToUseRunning();
  const remedy = others.length > 0 ? 'list the shards.' : 'list the shards, or start "atlas dev" there.';
  return new ConfigError([
    `ATLAS_SHARDS is not set, and no "atlas dev" runs in ${resolve(ATLAS_HOME)} (ATLAS_HOME); ${remedy}`,
    ...others,
  ]);
}
