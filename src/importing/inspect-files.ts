import { checkEntityType } from '../domain/entity-type.ts';
import { AtlasError } from '../domain/errors.ts';
import { isExport } from '../domain/export-columns.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { toAttributeKey } from './attribute-key.ts';
import type { ImportLimits, ImportProgress } from './import-rows.ts';
import { type InferredColumn, inferColumns } from './infer-columns.ts';
import { type IdSource, mostCells, resolveIdColumns } from './row-identity.ts';
import { FORMATS, openSource, stemOf } from './sources/open-source.ts';
import type { RowSource } from './sources/row-source.ts';
import { nameOfInput, type Spool, STDIN } from './sources/spool.ts';
import { UnchangedSource } from './sources/unchanged-source.ts';

export interface InspectFilesRequest {
  /** Paths; `-` is the standard input. */
  readonly files: readonly string[];
  /** Takes what can be read only once; such files are refused unless given. */
  readonly spool?: Spool | undefined;
  /** One of FORMATS. Default: as each file's extension says. */
  readonly format?: string | undefined;
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
  readonly limit: number | undefined;
}

export interface InspectedFile {
  readonly file: string;
  /** Null: each row has its own, as an export. */
  readonly type: string | null;
  readonly ids: IdSource;
  /** Where the content is: that of `file`, or of its copy. */
  readonly path: string;
  readonly source: RowSource;
  readonly columns: readonly InferredColumn[];
  /** Malformed ones included. */
  readonly rows: number;
  readonly seconds: number;
}

/** What the standard input is called in messages, and its rejected rows in their file. */
const STDIN_NAME = 'stdin';

/**
 * Checks the options, opens every file, then reads each of them (at most `limit` rows) to infer its columns. Writes nothing.
 * @throws AtlasError BAD_USER_INPUT (an option or a file is not valid); the signal's reason once it is aborted.
 */
export async function inspectFiles(request: InspectFilesRequest): Promise<InspectedFiles> {
  checkOptions(request);
  const ids = idSource(request);
  const sources: OpenedFile[] = [];
  for (const given of request.files) {
    const path = (await request.spool?.pathOf(given, request.signal)) ?? given;
    const file = given === STDIN ? STDIN_NAME : given;
    sources.push({
      file,
      path,
      source: await UnchangedSource.of(await openSource(path, request.format, nameOfInput(given)), path),
    });
  }
  const files: InspectedFile[] = [];
  for (const opened of sources) files.push(await inspect(opened, ids, request));
  return { files, limit: request.limit };
}

type OpenedFile = Pick<InspectedFile, 'file' | 'path' | 'source'>;

async function inspect(
  { file, path, source }: OpenedFile,
  ids: IdSource,
  request: InspectFilesRequest,
): Promise<InspectedFile> {
  const { type, limits, limit, onProgress, signal, clock = systemClock } = request;
  const started = clock.now();
  let found = 0;
  const columns = await inferColumns(
    source,
    { rows: limit ?? Number.POSITIVE_INFINITY, cells: mostCells(ids, limits) },
    (fraction, rows) => {
      found = rows;
      onProgress?.({ source: source.name, phase: 'INSPECTING', fraction, rows, rejected: 0 });
    },
    signal ?? new AbortController().signal,
  );
  const exported = isExport(columns.map(({ name }) => name));
  if (exported && (type !== undefined || ids.kind !== 'content')) {
    const message = `${source.name} is an export, whose rows have types and ids of their own; leave out --type and the options for ids.`;
    throw new AtlasError('BAD_USER_INPUT', message);
  }
  if (!exported && found > 0 && type === undefined && file === STDIN_NAME && request.spool !== undefined)
    throw nameless();
  resolveIdColumns(ids, columns, source.name);
  return {
    file,
    type: exported ? null : (type ?? toAttributeKey(stemOf(file)) ?? 'entity'),
    ids: exported ? { kind: 'exported' } : ids,
    path,
    source,
    columns,
    rows: found,
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

function checkOptions({ type, format, limit, files, spool }: InspectFilesRequest): void {
  if (files.length === 0) throw new AtlasError('BAD_USER_INPUT', 'No file to import; expected at least one.');
  if (type !== undefined) checkEntityType(type);
  if (format !== undefined && !FORMATS.includes(format)) {
    throw new AtlasError('BAD_USER_INPUT', `There is no format "${format}"; expected one of ${FORMATS.join(', ')}.`);
  }
  const fromStdin = files.filter((file) => file === STDIN).length;
  if (fromStdin > 1) throw new AtlasError('BAD_USER_INPUT', 'The standard input (-) can be read only once.');
  if (fromStdin > 0 && spool !== undefined && format === undefined) throw nameless();
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new AtlasError('BAD_USER_INPUT', 'The limit is not valid; expected a positive integer.');
  }
}

/** The type of rows that have none of their own is the name of their file. */
function nameless(): AtlasError {
  return new AtlasError('BAD_USER_INPUT', 'The standard input (-) has no name; set --format and --type.');
}
