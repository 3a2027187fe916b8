import { basename, extname } from 'node:path';
import { checkEntityType } from '../domain/entity-type.ts';
import { AtlasError } from '../domain/errors.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { toAttributeKey } from './attribute-key.ts';
import type { ImportLimits, ImportProgress } from './import-rows.ts';
import { type InferredColumn, inferColumns } from './infer-columns.ts';
import { type IdSource, mostCells, resolveIdColumns } from './row-identity.ts';
import { openSource } from './sources/open-source.ts';
import type { RowSource } from './sources/row-source.ts';
import { UnchangedSource } from './sources/unchanged-source.ts';

export interface InspectFilesRequest {
  readonly files: readonly string[];
  /** Default: each file's name without its extension, in snake_case. */
  readonly type?: string | undefined;
  /** At most one of these three. Default: ids are hashes of the row content. */
  readonly idColumn?: string | undefined;
  readonly idBase?: string | undefined;
  readonly keyColumns?: readonly string[] | undefined;
  readonly limits: Pick<ImportLimits, 'maxAttributesPerEntity'>;
  /** Imports only the first rows of each file. Default: all. */
  readonly limit?: number | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

/** What to import, and how. Every file of it was read from beginning to end. */
export interface InspectedFiles {
  readonly files: readonly InspectedFile[];
  readonly ids: IdSource;
  readonly limit: number | undefined;
}

export interface InspectedFile {
  readonly file: string;
  readonly type: string;
  readonly source: RowSource;
  readonly columns: readonly InferredColumn[];
  readonly seconds: number;
}

/**
 * Checks the options, opens every file, then reads each of them (at most `limit` rows) to infer its columns. Writes nothing.
 * @throws AtlasError BAD_USER_INPUT (an option or a file is not valid); the signal's reason once it is aborted.
 */
export async function inspectFiles(request: InspectFilesRequest): Promise<InspectedFiles> {
  checkOptions(request);
  const ids = idSource(request);
  const sources: RowSource[] = [];
  for (const file of request.files) sources.push(await UnchangedSource.of(await openSource(file), file));
  const files: InspectedFile[] = [];
  for (const [index, source] of sources.entries()) {
    files.push(await inspect(request.files[index] ?? source.name, source, ids, request));
  }
  return { files, ids, limit: request.limit };
}

async function inspect(
  file: string,
  source: RowSource,
  ids: IdSource,
  { type, limits, limit, onProgress, signal, clock = systemClock }: InspectFilesRequest,
): Promise<InspectedFile> {
  const started = clock.now();
  const columns = await inferColumns(
    source,
    { rows: limit ?? Number.POSITIVE_INFINITY, cells: mostCells(ids, limits) },
    (fraction, rows) => onProgress?.({ source: source.name, phase: 'INSPECTING', fraction, rows, rejected: 0 }),
    signal ?? new AbortController().signal,
  );
  resolveIdColumns(ids, columns, source.name);
  return {
    file,
    type: type ?? toAttributeKey(basename(file, extname(file))) ?? 'entity',
    source,
    columns,
    seconds: (clock.now() - started) / 1000,
  };
}

function idSource({ idColumn, idBase, keyColumns }: InspectFilesRequest): IdSource {
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

function checkOptions({ type, limit, files }: InspectFilesRequest): void {
  if (files.length === 0) throw new AtlasError('BAD_USER_INPUT', 'No file to import; expected at least one.');
  if (type !== undefined) checkEntityType(type);
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new AtlasError('BAD_USER_INPUT', 'The limit is not valid; expected a positive integer.');
  }
}
