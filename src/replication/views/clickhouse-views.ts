import { createHash } from 'node:crypto';
import type { ClickHouseDatabase } from '../../connections/clickhouse/clickhouse-database.ts';
import { DatabaseError } from '../../connections/database-error.ts';
import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';
import type { AttributeType } from '../../domain/catalog/attribute.ts';
import { SHARED_TENANT, type TenantId } from '../../domain/identifiers.ts';
import { IS_OWN_DATABASE } from '../../watermarks/clickhouse-installation.ts';
import type { Upkeep } from '../upkeep/upkeep.ts';
import { copyCatalog } from './copied-catalog.ts';

/** The databases of tenants, beside that of Atlas. */
const SPACES = `
SELECT name, currentDatabase() AS own, substring(name, length(currentDatabase()) + 9) AS digits, toUInt32OrZero(digits) AS tenant
FROM system.databases
WHERE startsWith(name, concat(currentDatabase(), '_tenant_')) AND match(digits, '^[1-9][0-9]{0,9}$') AND ${IS_OWN_DATABASE} ORDER BY name`;
const VIEWS = 'SELECT database, name, comment FROM system.tables WHERE database IN {databases:Array(String)}';
const DEFINITIONS = `
SELECT tenant_id, key, attribute_id AS id, type, entity_types, retired OR deleted OR restricted AS hidden
FROM attribute_definition FINAL WHERE tenant_id IN {tenants:Array(UInt32)} ORDER BY tenant_id`;
/** Also those whose entities have all been deleted lately: reading the newest versions only would take several times as long. */
const TYPES =
  'SELECT DISTINCT tenant_id, type FROM entity WHERE tenant_id IN {tenants:Array(UInt32)} AND NOT is_deleted';
/** Of a tenant's own definition and a shared one with its key, its own. */
const SHOWN = (own: string, tenant: string) => `
SELECT d.key AS key, argMax((d.attribute_id, d.type, d.description, d.entity_types, d.retired OR d.deleted OR d.restricted), d.tenant_id) AS newest,
  newest.1 AS id, newest.2 AS type, newest.3 AS description, newest.4 AS entity_types
FROM ${own}.attribute_definition AS d FINAL WHERE d.tenant_id IN (0, ${tenant}) GROUP BY d.key HAVING NOT newest.5`;
/** The newest complete copy of each shard. */
const COPIES = (own: string) =>
  `SELECT max(copy_id) FROM ${own}.replication_watermark FINAL WHERE lsn > 0 GROUP BY shard`;
/** See entity-source.ts. */
const SETTINGS =
  'SETTINGS allow_simdjson = 0, precise_float_parsing = 1, do_not_merge_across_partitions_select_final = 1';
const MADE = 'Made by Atlas from the catalog: ';

/** The value of an attribute. @param id as text in quotes. */
const VALUES: Record<AttributeType, (id: string) => string> = {
  TEXT: (id) => `JSONExtract(e.attributes, ${id}, 'Nullable(String)')`,
  NUMBER: (id) => `JSONExtract(e.attributes, ${id}, 'Nullable(Float64)')`,
  BOOLEAN: (id) => `JSONExtract(e.attributes, ${id}, 'Nullable(Bool)')`,
  TIMESTAMP: (id) => `parseDateTime64BestEffortOrNull(JSONExtract(e.attributes, ${id}, 'Nullable(String)'), 3, 'UTC')`,
  JSON: (id) => `nullIf(JSONExtractRaw(e.attributes, ${id}), '')`,
  REFERENCE: (id) => `JSONExtract(e.attributes, ${id}, 'Nullable(UInt64)')`,
  // An array is never null: an entity that lacks the list has an empty one.
  TEXT_LIST: (id) => `JSONExtract(e.attributes, ${id}, 'Array(String)')`,
  NUMBER_LIST: (id) => `JSONExtract(e.attributes, ${id}, 'Array(Float64)')`,
};

interface Space {
  readonly name: string;
  readonly own: string;
  readonly tenant: TenantId;
}

interface Definition {
  readonly tenant_id: TenantId;
  readonly key: string;
  readonly id: number;
  readonly type: AttributeType;
  readonly entity_types: readonly string[];
  readonly hidden: boolean;
}

/** What there is of the tenants that have views. */
interface Found {
  readonly views: readonly { readonly database: string; readonly name: string; readonly comment: string }[];
  /** Shared ones first. */
  readonly definitions: readonly Definition[];
  readonly types: readonly { readonly tenant_id: TenantId; readonly type: string }[];
}

export interface ClickHouseViewsOptions {
  /** The shard with the catalog. */
  readonly home: PostgresSession;
  readonly clickhouse: ClickHouseDatabase;
  readonly periodMs: number;
}

/**
 * Keeps the catalog in ClickHouse, and the views of the tenants that have a database of their own as it says. Whoever may read such a
 * database reads one tenant: a view has the rights of its definer, so its reader needs none on a table.
 */
export class ClickHouseViews implements Upkeep {
  readonly name = 'refresh of the catalog and the views in ClickHouse';
  readonly periodMs: number;
  readonly #options: ClickHouseViewsOptions;

  constructor(options: ClickHouseViewsOptions) {
    this.periodMs = options.periodMs;
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { home, clickhouse } = this.#options;
    await copyCatalog(home, clickhouse, signal);
    const spaces = (await clickhouse.query<Space>(SPACES, {}, signal)).filter(({ tenant }) => tenant > 0);
    if (spaces.length === 0) return;
    const databases = spaces.map(({ name }) => name);
    const tenants = [SHARED_TENANT, ...spaces.map(({ tenant }) => tenant)];
    const found: Found = {
      views: await clickhouse.query(VIEWS, { databases }, signal),
      definitions: await clickhouse.query(DEFINITIONS, { tenants }, signal),
      types: await clickhouse.query(TYPES, { tenants }, signal),
    };
    const failures: string[] = [];
    for (const space of spaces) failures.push(...(await this.#refresh(space, found)));
    if (failures.length > 0) throw new Error(failures.join('; '));
  }

  /** @returns the views that could not be changed, and why. */
  async #refresh({ name: database, own: ownName, tenant }: Space, found: Found): Promise<readonly string[]> {
    const own = identifier(ownName);
    const views = found.views.filter((view) => view.database === database);
    const known = new Map(views.map(({ name, comment }) => [name, comment]));
    // Of a tenant's own definition and a shared one with its key, its own.
    const visible = found.definitions.filter(({ tenant_id: owner }) => owner === SHARED_TENANT || owner === tenant);
    const attributes = [...new Map(visible.map((one) => [one.key, one])).values()].filter(({ hidden }) => !hidden);
    const met = found.types.filter(({ tenant_id: owner }) => owner === tenant);
    const types = new Set(met.map(({ type }) => type));
    // What has a view keeps it, so that nothing that reads it breaks when the last entity is deleted.
    for (const [name, comment] of known) if (comment.startsWith(MADE) && !name.startsWith('_')) types.add(name);
    const wanted = new Map([...types].map((type) => [type, viewOf(type, tenant, own, attributes)]));
    wanted.set('_attributes', `SELECT key, type, description, entity_types FROM (${SHOWN(own, String(tenant))})`);
    wanted.set(
      '_freshness',
      `SELECT shard, argMax(fromUnixTimestamp64Micro(heartbeat_at, 'UTC'), copy_id) AS complete_until
       FROM ${own}.replication_watermark FINAL WHERE lsn > 0 GROUP BY shard`,
    );
    const failures: string[] = [];
    for (const [name, definition] of [...wanted].sort()) {
      const mark = `${MADE}${createHash('md5').update(definition).digest('hex')}`;
      const comment = known.get(name);
      if (comment === mark) continue;
      const isForeign = comment !== undefined && !comment.startsWith(MADE);
      const failure = isForeign ? 'it was not made by Atlas' : await this.#create(database, name, definition, mark);
      if (failure !== null) failures.push(`${database}.${name}: ${failure}`);
    }
    return failures;
  }

  /** @returns why it failed, if it did; null otherwise. @throws SourceError if ClickHouse does not answer. */
  async #create(database: string, name: string, definition: string, mark: string): Promise<string | null> {
    try {
      await this.#options.clickhouse.command(createView(database, name, definition, mark));
      return null;
    } catch (error) {
      if (error instanceof DatabaseError) return error.message;
      throw error;
    }
  }
}

function viewOf(type: string, tenant: TenantId, own: string, attributes: readonly Definition[]): string {
  const columns = attributes
    .filter(({ entity_types: types }) => types.length === 0 || types.includes(type))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map((attribute) => `, ${VALUES[attribute.type](`'${attribute.id}'`)} AS ${identifier(attribute.key)}`);
  // Qualified, because a key may be the name of a column, and an alias is seen in the whole statement.
  return `SELECT e.entity_id AS _id, e.version AS _version, fromUnixTimestamp64Milli(e.created_at, 'UTC') AS _created_at,
  fromUnixTimestamp64Milli(e.updated_at, 'UTC') AS _updated_at${columns.join('')}
FROM ${own}.entity AS e FINAL WHERE e.tenant_id = ${tenant} AND e.type = ${text(type)} AND e.copy_id IN (${COPIES(own)}) ${SETTINGS}`;
}

/** In one step: readers see the view before, or the one after. Names and texts cannot be bound in DDL. */
function createView(database: string, name: string, definition: string, comment: string): string {
  return `CREATE OR REPLACE VIEW ${identifier(database)}.${identifier(name)} DEFINER = CURRENT_USER SQL SECURITY DEFINER AS ${definition} COMMENT ${text(comment)}`;
}

const escaped = (raw: string, quote: string): string => `${quote}${raw.replaceAll(/[\\'`]/g, '\\$&')}${quote}`;
const identifier = (name: string): string => escaped(name, '`');
const text = (value: string): string => escaped(value, "'");
