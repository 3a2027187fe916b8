import { printSubgraphSdl } from '../../graphql/schema/print-subgraph-sdl.ts';

/** Prints the SDL common to all tenants. `_service { sdl }` of a running server adds the typed fields of exposed attributes. */
export function runSchemaPrint(): void {
  process.stdout.write(`${printSubgraphSdl(null)}\n`);
}
