import type { EntityWriter } from '../datasources/entity-writer.ts';
import type { ImportCheckpoints, StoredCheckpoint } from '../datasources/import-checkpoints.ts';
import type { AttributeCatalog } from '../domain/catalog/attribute-catalog.ts';
import type { TenantId } from '../domain/identifiers.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { RetryPolicy } from './batch-writer.ts';
import { contentDigest } from './import-resumption.ts';
import { type ImportCounts, type ImportLimits, type ImportProgress, importRows } from './import-rows.ts';
import type { InspectedFile, InspectedFiles } from './inspect-files.ts';
import { keyColumns } from './plan-columns.ts';
import { RejectFile } from './reject-file.ts';
import { describedColumns, keyedIds, keyOfFile, resolveIdColumns } from './row-identity.ts';

export interface ImportFilesRequest {
  readonly inspected: InspectedFiles;
  readonly tenantId: TenantId;
  readonly catalog: AttributeCatalog;
  readonly writer: EntityWriter;
  readonly limits: ImportLimits;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly onFile?: ((summary: FileSummary) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryPolicy | undefined;
  readonly clock?: Clock | undefined;
  /** Where it is noted how far an import has come. Default: nowhere, and everything is written. */
  readonly checkpoints?: ImportCheckpoints | undefined;
  /** Whether to write what an earlier run has done that was interrupted. */
  readonly restart?: boolean | undefined;
  readonly onResume?: ((file: string, done: StoredCheckpoint) => void) | undefined;
}

export interface FileSummary extends Readonly<ImportCounts> {
  readonly file: string;
  /** Null: each row has its own, as an export. */
  readonly type: string | null;
  /** For both passes over the file. */
  readonly seconds: number;
  readonly rowsPerSecond: number;
  /** Null if no row was rejected. */
  readonly rejectFile: string | null;
}

/**
 * Checks the columns of all files against the catalog, so that none is written if another cannot be.
 * @throws AtlasError BAD_USER_INPUT if a column's attribute is retired, or as keyedIds.
 */
export async function checkColumns({
  inspected,
  tenantId,
  catalog,
}: Pick<ImportFilesRequest, 'inspected' | 'tenantId' | 'catalog'>): Promise<void> {
  await catalog.refresh();
  for (const { columns, type, source, ids } of inspected.files) {
    const own = resolveIdColumns(ids, columns, source.name);
    const known = catalog.forTenant(tenantId);
    const keyed = keyColumns(describedColumns(columns, own), type, known);
    keyedIds(own, keyOfFile(known, type), keyed, { source: source.name, type });
  }
}

/**
 * Imports files, after checkColumns, one after the other; stops after the one during which the signal was aborted.
 * @throws AtlasError as importRows.
 */
export async function importFiles(request: ImportFilesRequest): Promise<readonly FileSummary[]> {
  const { inspected } = request;
  const summaries: FileSummary[] = [];
  for (const file of inspected.files) {
    const summary = await importFile(file, request);
    summaries.push(summary);
    request.onFile?.(summary);
    if (summary.stopped) break;
  }
  return summaries;
}

async function importFile(inspected: InspectedFile, request: ImportFilesRequest): Promise<FileSummary> {
  const clock = request.clock ?? systemClock;
  const started = clock.now();
  const { file, type, source, columns } = inspected;
  const rejects = new RejectFile(file);
  try {
    const {
      tenantId,
      catalog,
      writer,
      limits,
      onProgress,
      onResume,
      signal,
      retry,
      checkpoints,
      restart = false,
    } = request;
    const resumption =
      checkpoints === undefined
        ? undefined
        : { checkpoints, restart, clock, content: await contentDigest(inspected.path, signal) };
    const counts = await importRows({
      source,
      type,
      tenantId,
      ids: inspected.ids,
      catalog,
      writer,
      limits,
      columns,
      limit: request.inspected.limit,
      onProgress,
      onReject: (rejected) => rejects.add(rejected),
      signal,
      retry,
      resumption,
      onResume: (done) => onResume?.(file, done),
    });
    const seconds = inspected.seconds + (clock.now() - started) / 1000;
    return {
      ...counts,
      file,
      type,
      seconds,
      rowsPerSecond: seconds > 0 ? counts.rows / seconds : 0,
      rejectFile: rejects.exists ? rejects.path : null,
    };
  } finally {
    rejects.close();
  }
}
