import type { TenantId } from '../identifiers.ts';
import { type AttributeDefinition, type AttributeType, HOT_COLUMNS, type HotColumn } from './attribute.ts';
import type { IsShown } from './attribute-catalog.ts';
import { invalidAttribute } from './check-definition.ts';
import { ENTITY_FIELDS, exposedFieldName } from './exposed-field.ts';

export type Existing = Pick<AttributeDefinition, 'type' | 'tenantId'> & { readonly isHidden: boolean };

/** The keys, field names and hot columns in use. */
export class Taken {
  readonly keys = new Map<string, Existing>();
  /** The key of a field; null if it is hidden. */
  readonly #fields = new Map<string, string | null>();
  readonly #hotColumns = new Set<HotColumn>();

  constructor(tenantId: TenantId, visible: Iterable<AttributeDefinition>, isShown: IsShown) {
    for (const definition of visible) {
      const { key, type } = definition;
      const isHidden = !isShown(definition);
      // If several tenants define a key, any of them marks it as taken, but this tenant's own takes precedence.
      if (this.keys.get(key)?.tenantId !== tenantId) {
        this.keys.set(key, { type, tenantId: definition.tenantId, isHidden });
      }
      if (definition.exposed) this.#fields.set(exposedFieldName(key), isHidden ? null : key);
      if (definition.hotColumn !== null) this.#hotColumns.add(definition.hotColumn);
    }
  }

  /** @throws AtlasError ATTRIBUTE_INVALID */
  claimField(key: string): void {
    const field = exposedFieldName(key);
    if (ENTITY_FIELDS.has(field)) {
      throw invalidAttribute(key, `cannot be exposed: every Entity already has a field ${field}`);
    }
    const other = this.#fields.get(field);
    if (other === null) throw invalidAttribute(key, `cannot be exposed: the field ${field} is taken`);
    if (other !== undefined) {
      throw invalidAttribute(key, `cannot be exposed: attribute "${other}" already uses the field ${field}`);
    }
    this.#fields.set(field, key);
  }

  /** @throws AtlasError ATTRIBUTE_INVALID */
  claimHotColumn({ key, type }: { readonly key: string; readonly type: AttributeType }): HotColumn {
    const columns: readonly HotColumn[] = HOT_COLUMNS[type];
    const free = columns.find((column) => !this.#hotColumns.has(column));
    if (free === undefined) {
      const reason =
        columns.length === 0
          ? `type ${type} has no hot columns`
          : `all ${columns.length} hot ${type} columns are taken`;
      throw invalidAttribute(key, `cannot be hot: ${reason}`);
    }
    this.#hotColumns.add(free);
    return free;
  }
}
