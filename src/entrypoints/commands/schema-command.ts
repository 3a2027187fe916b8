import { loadSettings } from '../../config/config.ts';
import type { Settings } from '../../config/settings.ts';
import { selectChanges } from '../../datasources/postgres/catalog/catalog-row.ts';
import type { TenantCatalog } from '../../domain/catalog/attribute.ts';
import { CatalogSnapshot } from '../../domain/catalog/catalog-snapshot.ts';
import { SHARED_TENANT, type TenantId } from '../../domain/identifiers.ts';
import { readStackFile } from '../../embedded/home/stack-file.ts';
import { printSubgraphSdl } from '../../graphql/schema/print-subgraph-sdl.ts';
import { withoutAuthorization } from '../../graphql/schema/without-authorization.ts';
import { createLogger } from '../../observability/logger.ts';
import { runTask } from '../run-service.ts';
import { UsageError } from '../usage-error.ts';
import { openTenantShards } from '../wiring/open-tenant-shards.ts';
import { howToUseRunning } from '../wiring/shards-of.ts';

export interface SchemaPrintOptions {
  /** Whether the SDL has the directives by which gateways enforce roles. */
  readonly authorization: boolean;
  /** Whose typed fields the SDL has, in addition to the shared ones. */
  readonly tenant?: TenantId;
}

function withoutCatalog(): string {
  const cause =
    'No shards are configured, so the SDL has no typed fields. Set ATLAS_SHARDS, or run "atlas dev", for those of shared attributes.';
  return [cause, ...howToUseRunning()].join('\n');
}

/**
 * Prints the SDL with the typed fields of shared attributes, which is valid for requests of every tenant; with those of one tenant if
 * asked to. Without shards, only the fixed schema can be printed.
 */
export async function runSchemaPrint({ authorization, tenant }: SchemaPrintOptions): Promise<void> {
  const settings = loadSettings();
  if (settings.ATLAS_SHARDS !== undefined || readStackFile(settings.ATLAS_HOME) !== null) {
    return print(await catalogOf(tenant ?? SHARED_TENANT, settings), authorization);
  }
  if (tenant !== undefined) throw new UsageError(withoutCatalog());
  process.stderr.write(`${withoutCatalog()}\n`);
  print(null, authorization);
}

function print(catalog: TenantCatalog | null, authorization: boolean): void {
  const sdl = printSubgraphSdl(catalog);
  process.stdout.write(`${authorization ? sdl : withoutAuthorization(sdl)}\n`);
}

async function catalogOf(tenant: TenantId, settings: Settings): Promise<TenantCatalog> {
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  const found: TenantCatalog[] = [];
  await runTask(logger, async (lifecycle) => {
    const [home] = await openTenantShards({ settings, lifecycle, logger }, 'schema print');
    found.push(CatalogSnapshot.EMPTY.with(await selectChanges(home, 0)).snapshot.forTenant(tenant));
  });
  const [catalog] = found;
  if (catalog === undefined) throw new Error('The catalog was not read');
  return catalog;
}
