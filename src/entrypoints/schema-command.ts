import { printSubgraphSdl } from '../graphql/schema/print-subgraph-sdl.ts';

/** What every tenant has. A running server's `_service { sdl }` adds the typed fields that its catalog exposes. */
export function runSchemaPrint(): void {
  process.stdout.write(`${printSubgraphSdl(null)}\n`);
}
