import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isEntityId } from '../domain/identifiers.ts';
import { catalogSlot, type Placement, type ShardEndpoints } from '../domain/shard.ts';
import { nearestText } from '../lib/nearest-text.ts';
import { authenticationFaults } from './authentication.ts';
import { describeIssue } from './describe-issue.ts';
import { kafkaFaults } from './kafka-faults.ts';
import { type Environment, withSecretFiles } from './secret-files.ts';
import { SETTINGS, type SettingName, type Settings } from './settings.ts';

/** All faults of the configuration, one per line. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`Invalid configuration:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const names = Object.keys(SETTINGS) as SettingName[];
/** They may be given in files. */
const secrets = names.filter((name) => 'secret' in SETTINGS[name]);

/** The environment with the secrets that are given in files. @param faults receives what is wrong. */
export function withSecrets(environment: Environment, faults: string[]): Environment {
  return withSecretFiles(environment, secrets, faults);
}

/** Whether the environment sets it. */
export function isGiven(name: SettingName, environment: Environment = process.env): boolean {
  return Boolean(environment[name]);
}

/**
 * The settings in force, frozen. Each secret may be the content of the file that `<name>_FILE` names. Unknown `ATLAS_*` variables are faults: most are typing errors. An empty variable counts as not
 * set.
 * @throws ConfigError
 */
export function loadSettings(
  environment: Environment = process.env,
  defaults: Partial<Record<SettingName, string>> = {},
): Settings {
  const faults: string[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  const complete = withSecrets(environment, faults);
  for (const name of Object.keys(complete)) {
    if (name.startsWith('ATLAS_') && !(name in SETTINGS)) {
      faults.push(`${name} is not a setting; ${remedyFor(name)}`);
    }
  }
  for (const name of names) {
    const given = complete[name] === '' ? undefined : complete[name];
    const parsed = SETTINGS[name].schema.safeParse(given ?? defaults[name] ?? SETTINGS[name].default);
    if (parsed.success) values[name] = parsed.data;
    else faults.push(`${name}: ${parsed.error.issues.map((issue) => describeIssue(issue)).join('; ')}.`);
  }
  if (faults.length === 0) faults.push(...authenticationFaults(values as Settings), ...kafkaFaults(values as Settings));
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(values) as Settings;
}

/** All names begin alike, which makes them no more alike. */
function remedyFor(name: string): string {
  const bare = (text: string) => text.replace(/^ATLAS_/, '');
  const meant = nearestText(bare(name), names.map(bare));
  return meant === null ? '"atlas config" lists all settings.' : `did you mean ATLAS_${meant}?`;
}

const connectionUri = z.string().regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URI');
const shardsSchema = z.strictObject({
  placement: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('hash') }),
      z.strictObject({
        kind: z.literal('range'),
        ranges: z
          .array(z.strictObject({ from: z.string().refine(isEntityId, 'must be an entity id'), shard: z.string() }))
          .min(1),
      }),
    ])
    .default({ kind: 'hash' }),
  shards: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/),
        primary: connectionUri,
        replicas: z.array(connectionUri).default([]),
      }),
    )
    .min(1),
});

/** Of all its objects. */
const SHARD_KEYS = ['placement', 'kind', 'ranges', 'from', 'shard', 'shards', 'id', 'primary', 'replicas'];

export interface ShardConfig {
  readonly placement: Placement;
  readonly shards: readonly ShardEndpoints[];
}

/**
 * @param text JSON, or the path of a JSON file.
 * @throws ConfigError
 */
export function parseShards(text: string | undefined): ShardConfig {
  if (text === undefined) {
    throw new ConfigError(['ATLAS_SHARDS is not set; list the shards, or use "atlas dev", which starts its own.']);
  }
  const parsed = shardsSchema.safeParse(jsonOf(text));
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map(
        (issue) =>
          `ATLAS_SHARDS${issue.path.map((step) => `.${String(step)}`).join('')}: ${ended(describeIssue(issue, SHARD_KEYS))}`,
      ),
    );
  }
  const faults = shardFaults(parsed.data);
  if (faults.length > 0) throw new ConfigError(faults);
  return parsed.data;
}

function ended(text: string): string {
  return text.endsWith('?') ? text : `${text}.`;
}

/** Errors do not quote the text, which contains passwords. */
function jsonOf(text: string): unknown {
  let json = text;
  if (!/^\s*[[{]/.test(text)) {
    try {
      json = readFileSync(text, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new ConfigError([`ATLAS_SHARDS is neither JSON nor the path of a readable file (${code}).`]);
    }
  }
  try {
    return JSON.parse(json);
  } catch (error) {
    const where = /at position \d+/.exec((error as Error).message)?.[0];
    throw new ConfigError([`ATLAS_SHARDS is not valid JSON${where === undefined ? '' : ` ${where}`}.`]);
  }
}

function shardFaults({ placement, shards }: ShardConfig): string[] {
  const faults: string[] = [];
  const ids = new Set(shards.map((shard) => shard.id));
  if (ids.size < shards.length) faults.push('ATLAS_SHARDS.shards: two shards have the same id; expected unique ids.');
  faults.push(...slotFaults(shards));
  if (placement.kind === 'range') {
    if (placement.ranges[0]?.from !== '1')
      faults.push('ATLAS_SHARDS.placement.ranges: the first range must start at "1".');
    placement.ranges.forEach(({ from, shard }, index) => {
      const previous = placement.ranges[index - 1];
      if (previous !== undefined && BigInt(previous.from) >= BigInt(from))
        faults.push(`ATLAS_SHARDS.placement.ranges.${index}: ranges must ascend.`);
      if (!ids.has(shard))
        faults.push(
          `ATLAS_SHARDS.placement.ranges.${index}: unknown shard ${JSON.stringify(shard)}; expected the id of a listed shard.`,
        );
    });
  }
  return faults;
}

/** The first shard is the catalog's home and has no slot there. */
function slotFaults([, ...others]: ShardConfig['shards']): string[] {
  return others.flatMap(({ id }, index) => {
    const first = others.slice(0, index).find((other) => other.id !== id && catalogSlot(other.id) === catalogSlot(id));
    if (first === undefined) return [];
    return [
      `ATLAS_SHARDS.shards: the ids ${first.id} and ${id} would share the replication slot ${catalogSlot(id)}; choose ids that differ in more than "-" and "_".`,
    ];
  });
}

const MASK = '********';

/** What follows the path of a URL may be a token. */
function withoutQuery(value: string): string {
  return /^https?:/.test(value) ? value.replace(/\?.*$/, `?${MASK}`) : value;
}

/** The rows that `atlas config` prints: every setting with its value in force, secrets masked. */
export function describeSettings(
  settings: Settings,
): { name: SettingName; value: string; default: string; description: string }[] {
  return names.map((name) => {
    const {
      default: fallback,
      description,
      secret,
    } = SETTINGS[name] as (typeof SETTINGS)[SettingName] & { secret?: true };
    const value = settings[name];
    return {
      name,
      value: value === undefined ? '' : secret ? MASK : withoutQuery(String(value)),
      default: fallback ?? '',
      description,
    };
  });
}
