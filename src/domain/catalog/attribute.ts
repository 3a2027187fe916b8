import type { JsonValue } from '../../lib/canonical-json.ts';
import type { TenantId } from '../identifiers.ts';

export const ATTRIBUTE_TYPES = ['TEXT', 'NUMBER', 'BOOLEAN', 'TIMESTAMP', 'JSON'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/**
 * The columns of the entity row (same names in Postgres and ClickHouse) that a tenant's hot attributes are given.
 * A column belongs to at most one attribute of a tenant; two tenants may use one column for different attributes.
 */
export const HOT_COLUMNS = {
  TEXT: ['text_1', 'text_2', 'text_3', 'text_4'],
  NUMBER: ['number_1', 'number_2', 'number_3', 'number_4'],
  BOOLEAN: ['boolean_1', 'boolean_2'],
  TIMESTAMP: ['timestamp_1', 'timestamp_2'],
  JSON: [],
} as const satisfies Record<AttributeType, readonly string[]>;
export type HotColumn = (typeof HOT_COLUMNS)[AttributeType][number];

/** Text (and canonical JSON) is filtered by at most this many leading code points; longer operands recheck the row. */
export const INDEXED_TEXT_LENGTH = 256;

/** Attribute ids are small integers, unique over all tenants. */
export type AttributeId = number;

/** What an attribute's values must be besides of its type. Absent: no such rule. */
export interface AttributeRules {
  /** TEXT, NUMBER: the values that are allowed. */
  readonly enum?: readonly JsonValue[];
  /** NUMBER: bounds that are allowed themselves. */
  readonly min?: number;
  readonly max?: number;
  /** TIMESTAMP: bounds that are allowed themselves, in stored form. */
  readonly earliest?: string;
  readonly latest?: string;
  /** TEXT: in code points. */
  readonly maxLength?: number;
  /** TEXT: a regular expression that matches somewhere in the text; see LinearPattern. */
  readonly pattern?: string;
  /** JSON: a JSON Schema 2020-12; see compileJsonSchema. */
  readonly schema?: JsonValue;
}

export interface AttributeDefinition {
  readonly id: AttributeId;
  /** SHARED_TENANT for a definition that all tenants share. */
  readonly tenantId: TenantId;
  readonly key: string;
  readonly type: AttributeType;
  readonly description: string | null;
  /** The entity types it is meant for; empty means any. */
  readonly entityTypes: readonly string[];
  readonly filterable: boolean;
  readonly exposed: boolean;
  /** Where a hot attribute is stored besides the jsonb; null when it is not hot. */
  readonly hotColumn: HotColumn | null;
  readonly rules: AttributeRules;
  readonly retiredAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * A value as it is stored in the entity row's jsonb: text as string, number as number, boolean as boolean,
 * timestamp as `YYYY-MM-DDTHH:mm:ss.sssZ`, json as itself.
 */
export type AttributeValue = JsonValue;

/** The attribute definitions that one tenant sees: its own and the shared ones, none of them retired unless said. */
export interface TenantCatalog {
  readonly tenantId: TenantId;
  /** Changes when anything the tenant sees changes. */
  readonly revision: string;
  /** The definition in force, retired or not; undefined where there is none. */
  byKey(key: string): AttributeDefinition | undefined;
  byId(id: AttributeId): AttributeDefinition | undefined;
  /** In key order, without the retired ones. */
  all(): readonly AttributeDefinition[];
}

/** Definitions by id alone: ids are unique over all tenants. */
export interface AttributeLookup {
  /** In memory. Retired ones included; undefined where it has not arrived (yet). */
  byId(id: AttributeId): AttributeDefinition | undefined;
  /** Asks the catalog's home again. */
  refresh(): Promise<void>;
}
