import type { JsonValue } from '../../lib/canonical-json.ts';
import type { TenantId } from '../identifiers.ts';
import type { AttributeAccess } from './attribute-access.ts';
import type { AttributeStorage } from './attribute-storage.ts';
import type { UniqueAttribute } from './unique-attribute.ts';

export const ATTRIBUTE_TYPES = [
  'TEXT',
  'NUMBER',
  'BOOLEAN',
  'TIMESTAMP',
  'JSON',
  'REFERENCE',
  'TEXT_LIST',
  'NUMBER_LIST',
] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/**
 * The columns of the entity row (named alike in Postgres and ClickHouse) that are assigned to hot attributes. A column
 * belongs to at most one attribute of a tenant; two tenants may use it for different attributes.
 */
export const HOT_COLUMNS = {
  TEXT: ['text_1', 'text_2', 'text_3', 'text_4'],
  NUMBER: ['number_1', 'number_2', 'number_3', 'number_4'],
  BOOLEAN: ['boolean_1', 'boolean_2'],
  TIMESTAMP: ['timestamp_1', 'timestamp_2'],
  JSON: [],
  REFERENCE: [],
  TEXT_LIST: [],
  NUMBER_LIST: [],
} as const satisfies Record<AttributeType, readonly string[]>;
export type HotColumn = (typeof HOT_COLUMNS)[AttributeType][number];

export const ALL_HOT_COLUMNS: readonly HotColumn[] = Object.values(HOT_COLUMNS).flat();

/** Indexes hold at most this many leading code points of text and canonical JSON; longer operands recheck the row. */
export const INDEXED_TEXT_LENGTH = 256;

/** A small integer, unique across tenants. */
export type AttributeId = number;

/** What the values of an attribute must satisfy in addition to its type. An absent member means no such rule. */
export interface AttributeRules {
  /** TEXT, NUMBER: the allowed values. Of a list, here and below: of each element. */
  readonly enum?: readonly JsonValue[];
  /** NUMBER: inclusive bounds. */
  readonly min?: number;
  readonly max?: number;
  /** TIMESTAMP: inclusive bounds, in stored form. */
  readonly earliest?: string;
  readonly latest?: string;
  /** TEXT: maximum length in code points. */
  readonly maxLength?: number;
  /** TEXT: a regular expression that must match anywhere in the text; see LinearPattern. */
  readonly pattern?: string;
  /** JSON: the JSON Schema 2020-12 the value must satisfy; see compileJsonSchema. */
  readonly schema?: JsonValue;
  /** REFERENCE: the types of the entities that it refers to. */
  readonly targetTypes?: readonly string[];
}

export interface AttributeDefinition {
  readonly id: AttributeId;
  /** SHARED_TENANT for a definition shared by all tenants. */
  readonly tenantId: TenantId;
  readonly key: string;
  readonly type: AttributeType;
  readonly description: string | null;
  /** The entity types it is intended for; empty means all. */
  readonly entityTypes: readonly string[];
  readonly filterable: boolean;
  readonly exposed: boolean;
  /** The column that also stores the value of a hot attribute; null if it is not hot. */
  readonly hotColumn: HotColumn | null;
  readonly rules: AttributeRules;
  readonly access: AttributeAccess;
  /** What the ids of entities are derived with if the attribute is the key of its entity types; a secret. Null: it is not unique. */
  readonly keySalt: string | null;
  readonly retiredAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** 1 when it is defined, and 1 more with each change by a caller. */
  readonly version: number;
  readonly storage: AttributeStorage;
}

/**
 * A value as stored in the jsonb of the entity row: TEXT as a string, NUMBER as a number, BOOLEAN as a boolean, TIMESTAMP as
 * `YYYY-MM-DDTHH:mm:ss.sssZ`, JSON unchanged, REFERENCE as the id of the entity, TEXT_LIST and
 * NUMBER_LIST as an array of texts or numbers.
 */
export type AttributeValue = JsonValue;

/** What a view of a tenant's definitions leaves out, and what must not be written through it. */
export interface Restriction {
  /** Views of a tenant with equal revisions and equal ids are equal. */
  readonly id: string;
  /** Whether there is such a definition, and the view leaves it out. */
  hidesKey(key: string): boolean;
  hidesId(id: AttributeId): boolean;
  mayWrite(definition: AttributeDefinition): boolean;
}

/** The attribute definitions visible to one tenant, its own and the shared ones; with a restriction, those that a caller may read. */
export interface TenantCatalog {
  readonly tenantId: TenantId;
  /** Changes whenever a definition visible to the tenant changes. */
  readonly revision: string;
  /**
   * The revision, in the catalog of all tenants, of the latest change that the tenant sees, of a definition or a type; 0 if there is none. A process
   * whose catalog has reached it shows the tenant at least these.
   */
  readonly latestRevision: number;
  /** The roles that access rules of the tenant's definitions name; null if there are no rules. */
  readonly namedRoles: ReadonlySet<string> | null;
  /** Null if everything is visible and may be written. */
  readonly restriction: Restriction | null;
  /** Includes retired definitions; undefined if there is none. */
  byKey(key: string): AttributeDefinition | undefined;
  byId(id: AttributeId): AttributeDefinition | undefined;
  /**
   * The unique attribute of an entity type, which every entity that is created has; undefined if the type has none. With a restriction, it may be
   * one that the caller may not read.
   */
  keyOfType(type: string): UniqueAttribute | undefined;
  /** In key order, without retired definitions. A tenant's own definition takes the place of a shared one with its key. */
  all(): readonly AttributeDefinition[];
  /** Only retired definitions, in key order. */
  retired(): readonly AttributeDefinition[];
  /** What entity types mean, by type. */
  readonly typeDescriptions: ReadonlyMap<string, string>;
  /** The shared definitions, in key order, without retired ones: the same for all tenants, whatever their own keys. */
  shared(): readonly AttributeDefinition[];
}

/** Definitions by id alone, because ids are unique across tenants. */
export interface AttributeLookup {
  /** In memory. Includes retired definitions; undefined if it has not arrived (yet). */
  byId(id: AttributeId): AttributeDefinition | undefined;
  /** Reads new definitions from the catalog's home shard. */
  refresh(): Promise<void>;
  /** As `refresh`, but only if the definitions of this revision of the catalog have not arrived. */
  atLeast(revision: number): Promise<void>;
  /** The definitions of all tenants whose values are on the way. */
  moving(): readonly AttributeDefinition[];
}
