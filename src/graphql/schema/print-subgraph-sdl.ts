import { printSubgraphSchema } from '@apollo/subgraph';
import type { TenantCatalog } from '../../domain/catalog/attribute.ts';
import { buildBaseSchema, buildSchema } from './build-schema.ts';
import { exposedAttributes } from './exposed-attributes.ts';
import { loadSdl } from './load-sdl.ts';

/**
 * The SDL for a schema registry: the fixed schema, and the typed fields that `catalog` exposes.
 * @param catalog The catalog of SHARED_TENANT for the typed fields that all tenants share, which is the SDL of a supergraph for all of them; null for none.
 */
export function printSubgraphSdl(catalog: TenantCatalog | null): string {
  return printSubgraphSchema(
    buildSchema(buildBaseSchema(loadSdl()), catalog === null ? [] : exposedAttributes(catalog)),
  );
}
