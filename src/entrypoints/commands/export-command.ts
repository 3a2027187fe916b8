import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadSettings } from '../../config/config.ts';
import { requestLimits } from '../../config/request-limits.ts';
import { AtlasError } from '../../domain/errors.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import { type ExportSummary, exportEntities } from '../../exporting/export-entities.ts';
import { EXPORT_FORMATS } from '../../exporting/formats/export-format.ts';
import { exportTarget, writeTo } from '../../exporting/open-output.ts';
import { decodeToken, encodeToken, tokenScope } from '../../freshness/consistency-token.ts';
import type { ReadFreshness } from '../../freshness/freshness.ts';
import { resolveRequirement } from '../../freshness/resolve-requirement.ts';
import { parseSelection } from '../../graphql/schema/parse-selection.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemPause } from '../../lib/pause.ts';
import { checkServers } from '../../migration/checks/check-servers.ts';
import { verifyShards } from '../../migration/shard-identity.ts';
import { readSigningKey } from '../../migration/signing-key.ts';
import { createLogger } from '../../observability/logger.ts';
import { describePlacement } from '../../sharding/describe-placement.ts';
import { EXIT_FAILED } from '../exit-codes.ts';
import { runTask } from '../run-service.ts';
import { checkUsage, UsageError } from '../usage-error.ts';
import { openShardDatabases } from '../wiring/open-databases.ts';
import { shardsOf } from '../wiring/shards-of.ts';
import { startCatalog } from '../wiring/start-catalog.ts';
import { Terminal } from './terminal.ts';

export interface ExportOptions {
  readonly tenant: TenantId;
  readonly type?: string;
  readonly filter?: string;
  readonly format?: string;
  readonly output?: string;
  readonly after?: string;
}

/** What a replica may lag behind; past it, the primary is read. */
const DEFAULTS = { class: 'OPERATIONAL', fallback: 'PRIMARY' } as const;

/**
 * Exports a tenant's entities from the shards in ATLAS_SHARDS or, if it is not set, of the running embedded stack. The content goes to the
 * file or to the standard output, everything else to the standard error.
 */
export async function runExport(options: ExportOptions): Promise<void> {
  const { tenant, type, filter, output = null } = options;
  const target = await checkUsage(() => exportTarget(output, options.format));
  if (output !== null && !existsSync(dirname(output)))
    throw new UsageError(`There is no directory ${dirname(output)}.`);
  const settings = loadSettings();
  const shardConfig = shardsOf(settings);
  const logger = createLogger(settings.ATLAS_LOG_LEVEL);
  await runTask(logger, async (lifecycle, signal) => {
    const terminal = new Terminal(process.stderr);
    lifecycle.add('progress', async () => terminal.clear());
    const shards = openShardDatabases(lifecycle, shardConfig.shards, settings, logger, {
      // One for the snapshot, one for the position that it waits for.
      ...{ purpose: 'export', actAs: 'atlas_serve', size: 2 },
      statementTimeoutMs: 0,
    });
    const primaries = shards.map(({ primary }) => primary);
    await checkServers(shards, 'serve', logger);
    await verifyShards(primaries, describePlacement(shardConfig.shards, shardConfig.placement));
    const catalog = await startCatalog({ settings, lifecycle, logger }, shards);
    const scope = tokenScope(
      await readSigningKey(primaries),
      shardConfig.shards.map(({ id }) => id),
    );
    const after = options.after === undefined ? undefined : refused(() => decodeToken(options.after ?? '', scope));
    if (after !== undefined) await catalog.atLeast(after.catalogRevision);
    await catalog.refresh();
    const selection = refused(() =>
      parseSelection({ tenantId: tenant, type, filter }, catalog.forTenant(tenant), requestLimits(settings)),
    );
    const request = after === undefined ? {} : { after };
    try {
      const summary = await exportEntities({
        shards: shards.map(({ endpoints, ...servers }) => ({ shard: endpoints.id, ...servers })),
        selection,
        requirement: resolveRequirement([request], DEFAULTS, settings.ATLAS_CONSISTENCY_WAIT_MS),
        catalog,
        format: EXPORT_FORMATS[target.format],
        write: (content) => writeTo(target, content, signal),
        onProgress: (shard, entities) =>
          terminal.progress(`Exporting shard ${shard}`, `${entities.toLocaleString('en-US')} entities`),
        clock: systemClock,
        pause: systemPause,
        signal,
      });
      terminal.clear();
      process.stderr.write(`${describeSummary(summary)}\ntoken: ${encodeToken(summary.token, scope)}\n`);
    } catch (error) {
      // Whoever read the standard output has had enough, as `head` does.
      if (!isBrokenPipe(error)) throw error;
      process.exitCode = EXIT_FAILED;
    }
  });
}

/** @throws UsageError in place of an AtlasError. */
function refused<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof AtlasError) throw new UsageError(`${error.message} (${error.code})`);
    throw error;
  }
}

function isBrokenPipe(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EPIPE' || (code === 'ERR_STREAM_PREMATURE_CLOSE' && process.stdout.destroyed);
}

function describeSummary({ shards }: ExportSummary): string {
  const entities = shards.reduce((sum, shard) => sum + shard.entities, 0);
  const lines = shards.map(
    ({ shard, entities: own, freshness }) => `  ${shard}: ${count(own)} from ${served(freshness)}`,
  );
  return [`${count(entities)}; of each shard, one snapshot`, ...lines].join('\n');
}

function served({ source, reason, lagMs, dataTimestamp }: ReadFreshness): string {
  const lag = lagMs === null ? 'lag unknown' : `lag ${lagMs} ms`;
  const until = dataTimestamp === null ? '' : `, complete until ${dataTimestamp.toISOString()}`;
  return `${source} (${reason}), ${lag}${until}`;
}

const count = (entities: number): string =>
  `${entities.toLocaleString('en-US')} ${entities === 1 ? 'entity' : 'entities'}`;
