import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export interface BlockSchema {
  /** Of each argument: whether it is required, and its kind. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly blocks: Readonly<Record<string, BlockSchema & { readonly need: string; readonly many: boolean }>>;
}

export interface TypeSchema extends BlockSchema {
  /** What only the provider sets. */
  readonly computed: readonly string[];
}

const PATH = resolve(import.meta.dirname, '../aws-schema.json');
const { provider, source, ...types } = JSON.parse(readFileSync(PATH, 'utf8')) as Record<string, TypeSchema> & {
  readonly provider: string;
  readonly source: string;
};

/** The version of hashicorp/aws that the schema belongs to. */
export const PROVIDER_VERSION = provider;

/** Not in the package that the others are read from, which knows no ephemeral resources: as their documentation has them. */
const EPHEMERAL: Readonly<Record<string, TypeSchema>> = {
  'ephemeral random_password': {
    attributes: { length: 'required value', special: 'optional value', override_special: 'optional value' },
    blocks: {},
    computed: ['result', 'bcrypt_hash'],
  },
  'ephemeral aws_secretsmanager_secret_version': {
    attributes: { secret_id: 'required value', version_id: 'optional value', version_stage: 'optional value' },
    blocks: {},
    computed: ['arn', 'created_date', 'secret_binary', 'secret_string', 'version_stages'],
  },
};

/** @param kind `resource`, `data` or `ephemeral`. */
export function schemaOf(kind: string, type: string): TypeSchema | undefined {
  const key = `${kind} ${type}`;
  return kind === 'ephemeral' ? EPHEMERAL[key] : Object.hasOwn(types, key) ? types[key] : undefined;
}
