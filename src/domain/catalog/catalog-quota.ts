import { canonicalJson, type JsonValue } from '../../lib/canonical-json.ts';
import { AtlasError } from '../errors.ts';
import { overLimit } from '../over-limit.ts';
import {
  type AttributeDefinition,
  type AttributeRules,
  type AttributeType,
  HOT_COLUMNS,
  type HotColumn,
} from './attribute.ts';
import { occupiedColumns } from './attribute-storage.ts';
import { MAX_DESCRIBED_TYPES } from './described-types.ts';
import type { TenantView } from './tenant-definitions.ts';

/** What one tenant may define; also what may be shared by all. Every process holds every definition in memory, and a schema of the exposed ones. */
export interface CatalogQuota {
  readonly maxDefinitions: number;
  readonly maxExposed: number;
  /** Of the rules of all definitions, as JSON in UTF-8. */
  readonly maxRuleBytes: number;
}

export interface CatalogLimit {
  readonly used: number;
  readonly limit: number;
}

/** What a tenant has of what it may have. */
export interface CatalogUsage {
  readonly definitions: CatalogLimit;
  readonly exposed: CatalogLimit;
  readonly ruleBytes: CatalogLimit;
  readonly describedTypes: CatalogLimit;
  readonly hotColumns: readonly (CatalogLimit & { readonly type: AttributeType })[];
}

export function catalogUsage(
  catalog: TenantView,
  { maxDefinitions, maxExposed, maxRuleBytes }: CatalogQuota,
): CatalogUsage {
  const { tenantId, typeDescriptions } = catalog;
  const definitions = [...catalog.everything()];
  const own = definitions.filter((definition) => definition.tenantId === tenantId);
  const taken = new Set<HotColumn>(definitions.flatMap(occupiedColumns));
  const hotColumns = Object.entries(HOT_COLUMNS) as [AttributeType, readonly HotColumn[]][];
  return {
    definitions: { used: own.length, limit: maxDefinitions },
    exposed: { used: own.filter(({ exposed }) => exposed).length, limit: maxExposed },
    ruleBytes: { used: own.reduce((sum, { rules }) => sum + bytesOf(rules), 0), limit: maxRuleBytes },
    describedTypes: { used: typeDescriptions.size, limit: MAX_DESCRIBED_TYPES },
    hotColumns: hotColumns
      .filter(([, columns]) => columns.length > 0)
      .map(([type, columns]) => ({
        type,
        used: columns.filter((column) => taken.has(column)).length,
        limit: columns.length,
      })),
  };
}

type Counted = Pick<AttributeDefinition, 'key' | 'exposed' | 'rules'>;

/** What a tenant has defined, against its quota. */
export class CatalogUse {
  readonly #quota: CatalogQuota;
  readonly #definitions: Counted[];
  #exposed: number;
  /** Computed once a definition with rules is added. */
  #ruleBytes: number | null = null;

  constructor(definitions: Iterable<Counted>, quota: CatalogQuota) {
    this.#quota = quota;
    this.#definitions = [...definitions];
    this.#exposed = this.#definitions.filter(({ exposed }) => exposed).length;
  }

  /** @throws AtlasError LIMIT_EXCEEDED */
  add(definition: Counted): void {
    const { maxDefinitions } = this.#quota;
    const count = this.#definitions.length + 1;
    if (count > maxDefinitions) {
      const reason = `the tenant would have ${count} definitions; the limit is ${maxDefinitions}`;
      throw exceeded(
        definition,
        'defined',
        reason,
        overLimit('Delete definitions that nobody uses', 'ATLAS_MAX_DEFINITIONS_PER_TENANT'),
      );
    }
    if (definition.exposed) this.#checkExposed(definition, 'defined');
    const bytes = bytesOf(definition.rules);
    if (bytes > 0) this.#checkRules(definition, 'defined');
    this.#definitions.push(definition);
    if (definition.exposed) this.#exposed += 1;
    if (this.#ruleBytes !== null) this.#ruleBytes += bytes;
  }

  /**
   * Checks a change of a definition that was not added. What takes no more than before is never refused.
   * @throws AtlasError LIMIT_EXCEEDED
   */
  checkChange(before: Counted, after: Counted): void {
    if (after.exposed && !before.exposed) this.#checkExposed(after, 'exposed');
    if (bytesOf(after.rules) > bytesOf(before.rules)) this.#checkRules(after, 'changed');
  }

  #checkExposed(definition: Counted, done: string): void {
    const { maxExposed } = this.#quota;
    if (this.#exposed < maxExposed) return;
    throw exceeded(
      definition,
      done,
      `the tenant exposes ${maxExposed} attributes, the limit`,
      overLimit('Set exposed: false for another attribute', 'ATLAS_MAX_EXPOSED_PER_TENANT'),
    );
  }

  #checkRules(definition: Counted, done: string): void {
    this.#ruleBytes ??= this.#definitions.reduce((sum, { rules }) => sum + bytesOf(rules), 0);
    const bytes = this.#ruleBytes + bytesOf(definition.rules);
    const { maxRuleBytes } = this.#quota;
    if (bytes <= maxRuleBytes) return;
    throw exceeded(
      definition,
      done,
      `with it, the rules of the tenant's definitions would have ${bytes} bytes; the limit is ${maxRuleBytes}`,
      overLimit('Use smaller rules', 'ATLAS_MAX_RULE_BYTES_PER_TENANT'),
    );
  }
}

function exceeded({ key }: Counted, done: string, reason: string, hint: string): AtlasError {
  return new AtlasError('LIMIT_EXCEEDED', `Attribute "${key}" cannot be ${done}: ${reason}.`, { hint });
}

function bytesOf({ schema, enum: allowed, targetTypes, ...rest }: AttributeRules): number {
  const given: Record<string, JsonValue> = { ...rest };
  if (targetTypes !== undefined) given.targetTypes = [...targetTypes];
  if (schema !== undefined) given.schema = schema;
  if (allowed !== undefined) given.enum = [...allowed];
  return Object.keys(given).length === 0 ? 0 : Buffer.byteLength(canonicalJson(given));
}
