import { setTimeout as delay } from 'node:timers/promises';
import { loadSettings } from '../../config/config.ts';
import {
  eraseDefinitions,
  eraseTenantFromShard,
  retireDefinitions,
  tenantErasure,
} from '../../datasources/postgres/erasing/tenant-eraser.ts';
import { ERASURE_REMAINS, type Erasure } from '../../domain/erasure.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import { createLogger } from '../../observability/logger.ts';
import { EXIT_FAILED } from '../exit-codes.ts';
import { runTask } from '../run-service.ts';
import { UsageError } from '../usage-error.ts';
import { openTenantShards } from '../wiring/open-tenant-shards.ts';
import { Terminal } from './terminal.ts';

/** How often it is looked whether ClickHouse has removed everything. */
const POLL_MS = 1_000;

export interface TenantEraseOptions {
  readonly yes?: true;
  readonly wait: boolean;
}

/**
 * Erases everything of a tenant: its entities on every shard, what ClickHouse has of them, and at last its definitions. Run again, it
 * continues where it was interrupted. Prints the report as JSON. Exits with 1 unless the erasure is complete.
 */
export async function runTenantErase(tenantId: TenantId, { yes, wait }: TenantEraseOptions): Promise<void> {
  if (yes !== true) {
    throw new UsageError(`This erases everything of tenant ${tenantId} beyond recovery; add --yes to do so.`);
  }
  const settings = loadSettings();
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  await runTask(logger, async (lifecycle, signal) => {
    const terminal = new Terminal(process.stderr);
    lifecycle.add('progress', async () => terminal.clear());
    const primaries = await openTenantShards({ settings, lifecycle, logger }, 'tenant erase');
    const [home] = primaries;
    const author = { tenantId, subject: 'atlas tenant erase' };
    await retireDefinitions(home, tenantId, signal);
    let erasures: readonly Erasure[] = await Promise.all(
      primaries.map((primary) => {
        const onProgress = (entities: number) =>
          terminal.progress(`Erasing from shard ${primary.shard}`, `${entities.toLocaleString('en-US')} entities`);
        return unlessInProgress(primary, author, onProgress, signal);
      }),
    );
    while (wait && !erasures.every(isComplete)) {
      terminal.progress('Waiting for ClickHouse');
      await delay(POLL_MS, undefined, { signal });
      const found = await Promise.all(primaries.map((primary) => tenantErasure(primary, tenantId, signal)));
      erasures = found.flatMap((erasure) => (erasure === null ? [] : [erasure]));
    }
    const complete = erasures.every(isComplete);
    const definitions = complete ? await eraseDefinitions(home, tenantId, signal) : null;
    terminal.clear();
    process.stdout.write(`${JSON.stringify(report(tenantId, erasures, definitions), null, 2)}\n`);
    if (!complete) process.exitCode = EXIT_FAILED;
  });
}

/** What ClickHouse is still removing need not be begun again, if nothing was written since. */
async function unlessInProgress(
  primary: Parameters<typeof eraseTenantFromShard>[0],
  author: Parameters<typeof eraseTenantFromShard>[1],
  onProgress: (entities: number) => void,
  signal: AbortSignal,
): Promise<Erasure> {
  const newest = await tenantErasure(primary, author.tenantId, signal);
  const isInProgress = newest?.isGoneFromShard === true && newest.completedAt === null;
  if (newest !== null && isInProgress && !(await hasEntities(primary, author.tenantId, signal))) return newest;
  return eraseTenantFromShard(primary, author, onProgress, signal);
}

async function hasEntities(
  primary: Parameters<typeof eraseTenantFromShard>[0],
  tenant: TenantId,
  signal: AbortSignal,
): Promise<boolean> {
  const text = 'SELECT FROM atlas.entity WHERE tenant_id = $1 LIMIT 1';
  return (await primary.query<object>({ tenant, text, values: [tenant] }, signal)).length > 0;
}

function isComplete({ completedAt }: Erasure): boolean {
  return completedAt !== null;
}

/** @param definitions null: not removed yet. */
function report(tenantId: TenantId, erasures: readonly Erasure[], definitions: number | null): object {
  return {
    tenant: tenantId,
    complete: definitions !== null,
    shards: erasures.map((erasure) => ({
      shard: erasure.shard,
      requestedAt: erasure.requestedAt,
      postgres: { entities: erasure.entities, attributeRows: erasure.attributeRows, gone: erasure.isGoneFromShard },
      clickhouse: { rows: erasure.clickhouseRows, removedAt: erasure.removedAt, completedAt: erasure.completedAt },
    })),
    definitions,
    remains: ERASURE_REMAINS,
  };
}
