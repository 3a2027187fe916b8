import { setTimeout as delay } from 'node:timers/promises';
import { loadSettings } from '../../config/config.ts';
import type { PostgresPool } from '../../connections/postgres/postgres-pool.ts';
import { stepProgress } from '../../datasources/postgres/moving/step-progress.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import type { DefinitionUpdate } from '../../domain/catalog/attribute-change.ts';
import { attributeByKey } from '../../domain/catalog/attribute-lookup.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import { createLogger } from '../../observability/logger.ts';
import { runTask } from '../run-service.ts';
import { UsageError } from '../usage-error.ts';
import { openTenantDatabases } from '../wiring/open-tenant-shards.ts';
import { startCatalog } from '../wiring/start-catalog.ts';
import { Terminal } from './terminal.ts';

const POLL_MS = 500;

export interface CatalogMoveOptions {
  readonly tenant: TenantId;
  readonly wait: boolean;
}

export type CatalogMove = 'promote' | 'demote';

const UPDATES: Readonly<Record<CatalogMove, DefinitionUpdate>> = {
  promote: { filterable: true, hot: true },
  demote: { hot: false },
};

/**
 * Makes an attribute hot, or no longer, and shows how far the serving processes have come with its values. Interrupted, they go on;
 * run again, it shows them again.
 */
export async function runCatalogMove(
  move: CatalogMove,
  key: string,
  { tenant, wait }: CatalogMoveOptions,
): Promise<void> {
  const settings = loadSettings();
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  await runTask(logger, async (lifecycle, signal) => {
    const terminal = new Terminal(process.stderr);
    lifecycle.add('progress', async () => terminal.clear());
    const shards = await openTenantDatabases({ settings, lifecycle, logger }, `catalog ${move}`);
    const primaries = shards.map(({ primary }) => primary);
    const catalog = await startCatalog({ settings, lifecycle, logger }, shards);
    const author = { tenantId: tenant, subject: `atlas catalog ${move}` };
    const request = { key, change: { kind: 'update' as const, update: UPDATES[move] }, expectedVersion: null };
    let definition = await catalog.change(author, request, signal).catch(asUsageError);
    while (wait && definition.storage.move !== undefined) {
      terminal.progress(...(await progressOf(primaries, definition, signal)));
      await delay(POLL_MS, undefined, { signal });
      await catalog.refresh(signal);
      definition = attributeByKey(catalog.forTenant(tenant), key);
    }
    terminal.clear();
    const { filterable, hotColumn, storage } = definition;
    const answer = { key, tenant, filterable, hot: hotColumn !== null, complete: storage.move === undefined };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  });
}

const STEPS = { BUILD: 'Building', LEAVE: 'Waiting for reads of', CLEAR: 'Clearing', DELETE: 'Deleting' } as const;

async function progressOf(
  primaries: readonly PostgresPool[],
  definition: AttributeDefinition,
  signal: AbortSignal,
): Promise<[phase: string, state?: string]> {
  const { move } = definition.storage;
  if (move === undefined) return ['Ending'];
  const shards = await Promise.all(primaries.map((primary) => stepProgress(primary, definition, signal)));
  const looked = shards.map((progress, place) => {
    const shard = primaries[place]?.shard ?? '';
    if (progress === null) return `${shard}: not begun`;
    return progress.isComplete ? `${shard}: done` : `${shard}: pass ${progress.pass}, ${progress.entities} entities`;
  });
  const place = move.kind === 'DELETE' ? 'values' : move.place === 'row' ? 'index rows' : `column ${move.place}`;
  const phase = `${STEPS[move.kind]} ${place}`;
  return move.kind === 'LEAVE' ? [phase] : [phase, looked.join('; ')];
}

function asUsageError(error: unknown): never {
  if (error instanceof AtlasError && /^(ATTRIBUTE|FORBIDDEN)/.test(error.code)) throw new UsageError(error.message);
  throw error;
}
