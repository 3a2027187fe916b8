import type { ProcessRole } from '../../domain/atlas-role.ts';

/** A right on something in the schema atlas. */
export interface Privilege {
  readonly on: 'table' | 'sequence' | 'function';
  /** Without the schema; a function with its argument types. */
  readonly name: string;
  readonly privileges: readonly string[];
  /** If given, the privileges are on these columns only. */
  readonly columns?: readonly string[];
}

const table = (name: string, ...privileges: string[]): Privilege => ({ on: 'table', name, privileges });
const heartbeat = ['heartbeat_at', 'heartbeat_lsn'];
/** Of a definition. A trigger writes `revision` and `updated_at`, for which the role needs no right. */
const changeable = [
  ...['description', 'entity_types', 'filterable', 'exposed', 'hot_column', 'rules', 'access'],
  ...['version', 'retired_at', 'storage'],
];

/**
 * Everything that the processes may do in the schema atlas, beside its USAGE. `atlas migrate` grants exactly this, and every
 * process checks at its start that it has it. Which rows of a table that may be is said by its policies, in the migrations.
 */
export const ROLE_PRIVILEGES: Readonly<Record<ProcessRole, readonly Privilege[]>> = {
  atlas_serve: [
    table('entity', 'SELECT', 'INSERT', 'UPDATE', 'DELETE'),
    table('entity_attribute', 'SELECT', 'INSERT', 'UPDATE', 'DELETE'),
    // A trigger writes it.
    table('entity_element', 'SELECT'),
    table('attribute_definition', 'SELECT', 'INSERT'),
    { ...table('attribute_definition', 'UPDATE'), columns: changeable },
    table('entity_type', 'SELECT', 'INSERT'),
    { ...table('entity_type', 'UPDATE'), columns: ['description'] },
    { on: 'sequence', name: 'attribute_id_seq', privileges: ['USAGE'] },
    { on: 'sequence', name: 'catalog_revision_seq', privileges: ['USAGE'] },
    // What was recorded, no serving process can change.
    table('audit', 'SELECT', 'INSERT'),
    table('erasure', 'SELECT', 'INSERT', 'UPDATE'),
    table('horizon', 'SELECT', 'INSERT', 'UPDATE'),
    table('unlisted_change', 'SELECT'),
    { on: 'function', name: 'retire_definitions(integer)', privileges: ['EXECUTE'] },
    { on: 'function', name: 'erase_definitions(integer)', privileges: ['EXECUTE'] },
    table('import_progress', 'SELECT', 'INSERT', 'UPDATE', 'DELETE'),
    table('signing_key', 'SELECT'),
    table('schema_migration', 'SELECT'),
    table('shard', 'SELECT'),
    { ...table('shard', 'UPDATE'), columns: [...heartbeat, 'needed_catalog'] },
    table('attribute_move', 'SELECT', 'INSERT', 'UPDATE'),
    { on: 'function', name: 'refresh_statistics()', privileges: ['EXECUTE'] },
    // For a `serve` of before migration 25.
    { on: 'function', name: 'entities_by_text(integer, text, boolean, integer)', privileges: ['EXECUTE'] },
    {
      ...{ on: 'function', name: 'entities_by_texts(integer[], text[], text, jsonb, boolean, integer)' },
      privileges: ['EXECUTE'],
    },
  ],
  atlas_replicate: [
    table('entity', 'SELECT'),
    table('entity_attribute', 'SELECT'),
    table('attribute_definition', 'SELECT'),
    table('entity_type', 'SELECT'),
    table('audit', 'SELECT'),
    table('erasure', 'SELECT', 'UPDATE'),
    table('attribute_move', 'SELECT', 'UPDATE'),
    table('horizon', 'SELECT', 'INSERT', 'UPDATE'),
    { on: 'function', name: 'refresh_views()', privileges: ['EXECUTE'] },
    { on: 'function', name: 'keep_audit(integer)', privileges: ['EXECUTE'] },
    table('schema_migration', 'SELECT'),
    table('shard', 'SELECT'),
    { ...table('shard', 'UPDATE'), columns: [...heartbeat, 'cdc_publication'] },
  ],
};
