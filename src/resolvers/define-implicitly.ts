import { attempt, attemptAsync, isError } from '../domain/attempt.ts';
import type { AttributeDefinition, AttributeType, TenantCatalog } from '../domain/catalog/attribute.ts';
import { checkAttributeKey } from '../domain/catalog/attribute-key.ts';
import type { AtlasError } from '../domain/errors.ts';
import type { AttributeInput, ErrorPolicy } from '../generated/resolver-types.ts';
import type { RequestContext } from './request-context.ts';
import { entityWrite, type UpsertRow } from './upsert-row.ts';

/**
 * Defines what rows give and nobody has defined yet, by the first value given. A row that is refused anyway defines
 * nothing, and with the policy REJECT_ALL none does where one is.
 * @returns why a key could not be defined: only the rows that give it fail.
 */
export async function defineImplicitly(
  rows: readonly UpsertRow[],
  policy: ErrorPolicy,
  context: RequestContext,
): Promise<ReadonlyMap<string, AtlasError>> {
  const refused = new Map<string, AtlasError>();
  if (!context.settings.ATLAS_IMPLICIT_ATTRIBUTES || !rows.some((row) => givesUnknown(row, context))) return refused;
  const wanted = [...draftDefinitions(rows, policy, context, refused).values()].map(({ key, type }) => ({ key, type }));
  if (wanted.length === 0) return refused;
  const define = (attributes: typeof wanted) =>
    attemptAsync(() => context.attributes.define(context.tenantId, attributes));
  if (isError(await define(wanted))) {
    for (const one of wanted) {
      const defined = await define([one]);
      if (isError(defined)) refused.set(one.key, defined);
    }
  }
  context.catalog = context.attributes.forTenant(context.tenantId);
  return refused;
}

function givesUnknown({ attributes }: UpsertRow, { catalog }: RequestContext): boolean {
  return attributes.some(({ key }) => catalog.byKey(key) === undefined);
}

/** The definitions with which the rows that are right can be written. Keys that cannot be keys are refused. */
function draftDefinitions(
  rows: readonly UpsertRow[],
  policy: ErrorPolicy,
  { catalog, settings }: RequestContext,
  refused: Map<string, AtlasError>,
): ReadonlyMap<string, AttributeDefinition> {
  const drafts = new Map<string, AttributeDefinition>();
  for (const row of rows) {
    const own = new Map<string, AttributeDefinition>();
    const known = (key: string) => catalog.byKey(key) ?? drafts.get(key) ?? own.get(key);
    const problem = attempt(() => {
      for (const input of row.attributes) {
        const type = givenType(input);
        if (type === null || known(input.key) !== undefined) continue;
        const fault = attempt(() => checkAttributeKey(input.key));
        if (isError(fault)) refused.set(input.key, fault);
        else own.set(input.key, draft(catalog, input.key, type));
      }
      entityWrite(row, withKeys(catalog, known), refused, settings);
    });
    if (!isError(problem)) for (const [key, definition] of own) drafts.set(key, definition);
    else if (policy === 'REJECT_ALL') return new Map();
  }
  return drafts;
}

function withKeys(catalog: TenantCatalog, byKey: TenantCatalog['byKey']): TenantCatalog {
  const { tenantId, revision } = catalog;
  return { tenantId, revision, byKey, byId: (id) => catalog.byId(id), all: () => catalog.all() };
}

function draft({ tenantId }: TenantCatalog, key: string, type: AttributeType): AttributeDefinition {
  const never = new Date(0);
  return {
    id: 0,
    tenantId,
    key,
    type,
    description: null,
    entityTypes: [],
    filterable: true,
    exposed: false,
    hotColumn: null,
    rules: {},
    retiredAt: null,
    createdAt: never,
    updatedAt: never,
  };
}

/** Null where the input has no value to tell by. */
function givenType({ text, number, boolean, timestamp, json }: AttributeInput): AttributeType | null {
  if (text != null) return 'TEXT';
  if (number != null) return 'NUMBER';
  if (boolean != null) return 'BOOLEAN';
  if (timestamp != null) return 'TIMESTAMP';
  return json == null ? null : 'JSON';
}
