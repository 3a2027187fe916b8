import { printSubgraphSchema } from '@apollo/subgraph';
import type { TenantCatalog } from '../../domain/catalog/attribute.ts';
import { buildSchema } from './build-schema.ts';
import { exposedAttributes } from './exposed-attributes.ts';
import { loadSdl } from './load-sdl.ts';

/**
 * The SDL that a schema registry composes: what every tenant has, and the typed fields that `catalog` exposes.
 * @param catalog null: none. That of SHARED_TENANT: those that all tenants see.
 */
export function printSubgraphSdl(catalog: TenantCatalog | null): string {
  return printSubgraphSchema(buildSchema(loadSdl(), catalog === null ? [] : exposedAttributes(catalog)));
}
