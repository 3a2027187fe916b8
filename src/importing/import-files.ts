import { basename, extname } from 'node:path';
import type { EntityWriter } from '../datasources/entity-writer.ts';
import type { AttributeCatalog } from '../domain/catalog/attribute-catalog.ts';
import { checkEntityType } from '../domain/entity-type.ts';
import { AtlasError } from '../domain/errors.ts';
import type { TenantId } from '../domain/identifiers.ts';
import type { ValueLimits } from '../domain/values/attribute-value.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { toAttributeKey } from './attribute-key.ts';
import type { RetryPolicy } from './batch-writer.ts';
import { type ImportCounts, type ImportProgress, importRows } from './import-rows.ts';
import { RejectFile } from './reject-file.ts';
import type { IdSource } from './row-identity.ts';
import { openSource } from './sources/open-source.ts';

export interface ImportFilesRequest {
  readonly files: readonly string[];
  readonly tenantId: TenantId;
  readonly catalog: AttributeCatalog;
  readonly writer: EntityWriter;
  readonly limits: ValueLimits;
  /** Default: each file's name without its extension, in snake_case. */
  readonly type?: string | undefined;
  /** At most one of these three. Default: ids are hashes of the row content. */
  readonly idColumn?: string | undefined;
  readonly idBase?: string | undefined;
  readonly keyColumns?: readonly string[] | undefined;
  /** Imports only the first rows of each file. Default: all. */
  readonly limit?: number | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly onFile?: ((summary: FileSummary) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryPolicy | undefined;
  readonly clock?: Clock | undefined;
}

export interface FileSummary extends Readonly<ImportCounts> {
  readonly file: string;
  readonly type: string;
  readonly seconds: number;
  readonly rowsPerSecond: number;
  /** Null if no row was rejected. */
  readonly rejectFile: string | null;
}

/**
 * Imports files one after the other; stops after the one during which the signal was aborted. All files are opened
 * before the first one is imported.
 * @throws AtlasError BAD_USER_INPUT (a file or an option is not valid), or as importRows.
 */
export async function importFiles(request: ImportFilesRequest): Promise<readonly FileSummary[]> {
  const ids = idSource(request);
  checkOptions(request);
  for (const file of request.files) await openSource(file);
  const summaries: FileSummary[] = [];
  for (const file of request.files) {
    const summary = await importFile(file, ids, request);
    summaries.push(summary);
    request.onFile?.(summary);
    if (summary.stopped) break;
  }
  return summaries;
}

async function importFile(file: string, ids: IdSource, request: ImportFilesRequest): Promise<FileSummary> {
  const clock = request.clock ?? systemClock;
  const started = clock.now();
  const type = request.type ?? toAttributeKey(basename(file, extname(file))) ?? 'entity';
  const rejects = new RejectFile(file);
  try {
    const { tenantId, catalog, writer, limits, limit, onProgress, signal, retry } = request;
    const counts = await importRows({
      source: await openSource(file),
      type,
      tenantId,
      ids,
      catalog,
      writer,
      limits,
      limit,
      onProgress,
      onReject: (rejected) => rejects.add(rejected),
      signal,
      retry,
    });
    const seconds = (clock.now() - started) / 1000;
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

function idSource({ idColumn, idBase, keyColumns }: ImportFilesRequest): IdSource {
  const given = [idColumn, idBase, keyColumns].filter((option) => option !== undefined).length;
  if (given > 1) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      'Id column, id base and key columns exclude each other; set only one of them.',
    );
  }
  if (idColumn !== undefined) return { kind: 'column', column: idColumn };
  if (keyColumns !== undefined) return { kind: 'key', columns: keyColumns };
  if (idBase === undefined) return { kind: 'content' };
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(idBase)) {
    throw new AtlasError(
      'BAD_USER_INPUT',
      `The id base ${JSON.stringify(idBase)} is not valid; expected an integer from 0.`,
    );
  }
  return { kind: 'base', base: BigInt(idBase) };
}

function checkOptions({ type, limit, files }: ImportFilesRequest): void {
  if (files.length === 0) throw new AtlasError('BAD_USER_INPUT', 'No file to import; expected at least one.');
  if (type !== undefined) checkEntityType(type);
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new AtlasError('BAD_USER_INPUT', 'The limit is not valid; expected a positive integer.');
  }
}
