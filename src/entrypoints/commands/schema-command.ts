import { printSubgraphSdl } from '../../graphql/schema/print-subgraph-sdl.ts';
import { withoutAuthorization } from '../../graphql/schema/without-authorization.ts';

export interface SchemaPrintOptions {
  /** Whether the SDL has the directives by which gateways enforce roles. */
  readonly authorization: boolean;
}

/** Prints the SDL common to all tenants. `_service { sdl }` of a running server adds the typed fields of exposed attributes. */
export function runSchemaPrint({ authorization }: SchemaPrintOptions): void {
  const sdl = printSubgraphSdl(null);
  process.stdout.write(`${authorization ? sdl : withoutAuthorization(sdl)}\n`);
}
