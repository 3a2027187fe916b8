import type { EntityWrite } from '../datasources/entity-writer.ts';
import { attempt, attemptAsync, isError } from '../domain/attempt.ts';
import type { Author } from '../domain/caller.ts';
import type { AttributeDefinition, AttributeType, TenantCatalog } from '../domain/catalog/attribute.ts';
import type { AttributeCatalog } from '../domain/catalog/attribute-catalog.ts';
import { checkAttributeKey } from '../domain/catalog/attribute-key.ts';
import { writableAttribute } from '../domain/catalog/attribute-lookup.ts';
import { undefinable } from '../domain/catalog/plan-definitions.ts';
import { isUnique } from '../domain/catalog/unique-attribute.ts';
import type { AtlasError } from '../domain/errors.ts';
import { type AttributeInput, givenType } from '../domain/values/attribute-value.ts';
import { checkRow, type EntityInput, type RowLimits } from './check-row.ts';

/** A row that was checked against the catalog and, for the keys it does not know, against drafts. */
export interface DraftedRow {
  readonly input: EntityInput;
  readonly write: EntityWrite | AtlasError;
  /** The drafts that the row names. */
  readonly drafts: ReadonlyMap<string, AttributeDefinition>;
}

/**
 * Drafts of the attributes that a batch sets and that are not defined yet. Rows are checked against drafts first, so that only
 * valid rows define attributes and every value is checked once. A draft has no rules, and the type of its first value in a valid
 * row.
 */
export class DraftAttributes {
  readonly #catalog: TenantCatalog;
  readonly #limits: RowLimits;
  /** The drafts of valid rows. */
  readonly #drafts = new Map<string, AttributeDefinition>();

  constructor(catalog: TenantCatalog, limits: RowLimits) {
    this.#catalog = catalog;
    this.#limits = limits;
  }

  check(input: EntityInput): DraftedRow {
    const drafts = new Map<string, AttributeDefinition>();
    const definitionOf = (key: string, given: AttributeInput | null): AttributeDefinition => {
      const draft = this.#catalog.byKey(key) === undefined ? (this.#drafts.get(key) ?? newDraft(given)) : null;
      if (draft === null) return writableAttribute(this.#catalog, key);
      if (this.#catalog.restriction?.hidesKey(key)) throw undefinable(key);
      drafts.set(key, draft);
      return draft;
    };
    const write = attempt(() => checkRow(input, this.#catalog, definitionOf, this.#limits));
    if (!isError(write)) for (const [key, draft] of drafts) this.#drafts.set(key, draft);
    return { input, write, drafts };
  }

  get isEmpty(): boolean {
    return this.#drafts.size === 0;
  }

  /**
   * Defines the drafts of valid rows in one batch.
   * @returns the reasons for keys that could not be defined
   */
  async define(
    attributes: AttributeCatalog,
    author: Author,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, AtlasError>> {
    const { tenantId } = this.#catalog;
    let wanted = Array.from(this.#drafts.values(), ({ key, type }) => ({ key, type }));
    while (wanted.length > 0) {
      const error = await attemptAsync(() => attributes.define(author, wanted, signal));
      if (!isError(error)) break;
      // A draft collides only with a definition made by others since. Such a key needs no definition any more.
      await attemptAsync(() => attributes.refresh());
      const known = attributes.forTenant(tenantId);
      const missing = wanted.filter(
        ({ key }) => known.byKey(key) === undefined && known.restriction?.hidesKey(key) !== true,
      );
      if (missing.length === wanted.length) return new Map(wanted.map(({ key }) => [key, error]));
      wanted = missing;
    }
    return new Map();
  }

  /**
   * The write of a checked row, with definitions in place of drafts. Its values are checked again only if a definition differs
   * from its draft because another process has defined the key in the meantime.
   * @param catalog The catalog after `define`.
   * @param refused The result of `define`.
   */
  settle(
    { input, write, drafts }: DraftedRow,
    catalog: TenantCatalog,
    refused: ReadonlyMap<string, AtlasError>,
  ): EntityWrite | AtlasError {
    const own = [...drafts].filter(([key, draft]) => this.#drafts.get(key) === draft);
    if (own.some(([key, { type }]) => !refused.has(key) && !isAsDrafted(catalog.byKey(key), type))) {
      return attempt(() => checkRow(input, catalog, (key) => defined(catalog, key, refused), this.#limits));
    }
    if (isError(write) || drafts.size === 0) return write;
    const definitionOf = (attribute: AttributeDefinition): AttributeDefinition =>
      drafts.has(attribute.key) ? defined(catalog, attribute.key, refused) : attribute;
    return attempt(() => ({
      ...write,
      set: write.set.map(({ attribute, value }) => ({ attribute: definitionOf(attribute), value })),
      remove: write.remove.map(definitionOf),
    }));
  }
}

/** @throws AtlasError why the key could not be defined, ATTRIBUTE_UNKNOWN | FORBIDDEN */
function defined(catalog: TenantCatalog, key: string, refused: ReadonlyMap<string, AtlasError>): AttributeDefinition {
  const refusal = refused.get(key);
  if (refusal !== undefined) throw refusal;
  return writableAttribute(catalog, key);
}

/** Whether every value that is valid for a draft of this type is valid for the definition, and decides as little. */
function isAsDrafted(definition: AttributeDefinition | undefined, type: AttributeType): boolean {
  if (definition === undefined || isUnique(definition)) return false;
  return definition.type === type && definition.retiredAt === null && Object.keys(definition.rules).length === 0;
}

/** Null if there is no value to derive a type from. @throws AtlasError ATTRIBUTE_INVALID */
function newDraft(given: AttributeInput | null): AttributeDefinition | null {
  const type = given && givenType(given);
  if (given === null || type === null) return null;
  checkAttributeKey(given.key);
  const never = new Date(0);
  return {
    id: 0,
    tenantId: 0,
    key: given.key,
    type,
    description: null,
    entityTypes: [],
    filterable: true,
    exposed: false,
    hotColumn: null,
    rules: {},
    access: {},
    keySalt: null,
    retiredAt: null,
    createdAt: never,
    updatedAt: never,
    version: 0,
    storage: {},
  };
}
