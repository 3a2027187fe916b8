import type { EntityWrite, EntityWriter } from '../datasources/entity-writer.ts';
import type { StoredCheckpoint } from '../datasources/import-checkpoints.ts';
import { attempt } from '../domain/attempt.ts';
import type { AttributeDefinition } from '../domain/catalog/attribute.ts';
import type { AttributeCatalog } from '../domain/catalog/attribute-catalog.ts';
import type { UniqueAttribute } from '../domain/catalog/unique-attribute.ts';
import { AtlasError, type ErrorCode } from '../domain/errors.ts';
import { keyedId } from '../domain/external-key.ts';
import type { TenantId } from '../domain/identifiers.ts';
import type { ValueLimits } from '../domain/values/attribute-value.ts';
import type { JsonValue } from '../lib/canonical-json.ts';
import { BatchWriter, RETRY, type RetryPolicy } from './batch-writer.ts';
import { isAbsent } from './cell.ts';
import { convertCell } from './convert-cell.ts';
import { countCells } from './count-cells.ts';
import { ImportResumption, importId, type ResumptionOptions } from './import-resumption.ts';
import { type InferredColumn, inferColumns } from './infer-columns.ts';
import { type MovedIds, mayHaveMoved, NOTHING_MOVED, readMovedIds, withMovedReferences } from './moved-ids.ts';
import { type ColumnDefinition, planColumns } from './plan-columns.ts';
import {
  describedColumns,
  type IdSource,
  isOwnColumn,
  keyedIds,
  keyOfFile,
  mostCells,
  RowIdentity,
  resolveIdColumns,
} from './row-identity.ts';
import { firstRows } from './sources/first-rows.ts';
import type { DataRow, RowSource, SourceRow } from './sources/row-source.ts';
import { showFields } from './sources/show-fields.ts';

export interface ImportProgress {
  readonly source: string;
  /** The source is read twice: first to infer the column types, then to write the rows. */
  readonly phase: 'INSPECTING' | 'WRITING';
  /** Progress of this phase, from 0 to 1. */
  readonly fraction: number;
  /** Rows read in this phase so far. */
  readonly rows: number;
  readonly rejected: number;
}

/** A row that was not written, and why. */
export interface RejectedRow {
  readonly row: number;
  readonly line: number | null;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly content: JsonValue;
}

export interface ImportLimits extends ValueLimits {
  /** Maximum number of attributes that one row sets. */
  readonly maxAttributesPerEntity: number;
}

export interface ImportRowsRequest {
  readonly source: RowSource;
  /** Null: each row has its own, as an export. */
  readonly type: string | null;
  readonly tenantId: TenantId;
  readonly ids: IdSource;
  readonly catalog: AttributeCatalog;
  readonly writer: EntityWriter;
  readonly limits: ImportLimits;
  /** The columns of the rows to import, if they are already inferred. Default: the source is read once more to infer them. */
  readonly columns?: readonly InferredColumn[] | undefined;
  /** Imports only the first rows. Default: all. */
  readonly limit?: number | undefined;
  /** How to define the attribute of a column whose key is not in the catalog. Default: filterable, not exposed. */
  readonly define?: ((key: string) => ColumnDefinition) | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly onReject?: ((rejected: RejectedRow) => void) | undefined;
  /** When aborted, batches being written are finished and no more are started. */
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Skips what an earlier run has done that was interrupted. Default: everything is written. */
  readonly resumption?: ResumptionOptions | undefined;
  /** Called if an earlier run was interrupted, with what it has done. */
  readonly onResume?: ((done: StoredCheckpoint) => void) | undefined;
}

export interface ImportCounts {
  /** Rows with an outcome: the sum of the five below. */
  rows: number;
  /** Done by an earlier run that was interrupted. */
  skipped: number;
  created: number;
  updated: number;
  unchanged: number;
  rejected: number;
  /** Attribute values of the rows that were not rejected. */
  values: number;
  /** True if the signal was aborted before the end. */
  stopped: boolean;
  /** Columns whose key is taken by an attribute of another type, with the key they were given instead. */
  renamed: readonly { readonly column: string; readonly key: string }[];
}

/**
 * Writes the rows of one source as entities of one type. Importing the same source again changes nothing.
 * @throws AtlasError BAD_USER_INPUT (the source cannot be read), ATTRIBUTE_INVALID | ATTRIBUTE_TYPE_MISMATCH (an attribute cannot
 * be defined), SHARD_UNAVAILABLE | TIMEOUT (a shard does not answer). A single row that cannot be written is rejected instead.
 */
export async function importRows(request: ImportRowsRequest): Promise<ImportCounts> {
  const signal = request.signal ?? new AbortController().signal;
  const counts: ImportCounts = {
    rows: 0,
    skipped: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    rejected: 0,
    values: 0,
    stopped: false,
    renamed: [],
  };
  try {
    const plan = await inspect(request, signal);
    counts.renamed = plan.renamed;
    await write(request, plan, counts, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    counts.stopped = true;
  }
  return counts;
}

interface ImportPlan {
  /** By column name. */
  readonly attributes: ReadonlyMap<string, AttributeDefinition>;
  readonly identity: RowIdentity;
  /** The unique attribute of a type. */
  readonly keyOf: (type: string) => UniqueAttribute | undefined;
  readonly renamed: ImportCounts['renamed'];
  readonly moved: MovedIds;
}

async function inspect(request: ImportRowsRequest, signal: AbortSignal): Promise<ImportPlan> {
  const { source, tenantId, type, catalog } = request;
  const advance = (fraction: number, rows: number): void =>
    request.onProgress?.({ source: source.name, phase: 'INSPECTING', fraction, rows, rejected: 0 });
  const columns = request.columns ?? (await inferColumns(source, mostOf(request), advance, signal));
  const ids = resolveIdColumns(request.ids, columns, source.name);
  const described = describedColumns(columns, ids);
  const attributes = await planColumns(described, type, tenantId, catalog, ({ key }) => request.define?.(key) ?? {});
  const renamed = described.flatMap(({ name, key }) => {
    const given = attributes.get(name)?.key ?? key;
    return given === key ? [] : [{ column: name, key: given }];
  });
  const known = catalog.forTenant(tenantId);
  const keyed = described.map((column) => ({ ...column, key: attributes.get(column.name)?.key ?? column.key }));
  const own = keyedIds(ids, keyOfFile(known, type), keyed, { source: source.name, type });
  const plan = {
    attributes,
    identity: new RowIdentity(own, tenantId, type, source.untyped),
    keyOf: known.keyOfType.bind(known),
  };
  const moved = mayHaveMoved(plan)
    ? await readMovedIds(
        firstRows(source, limitOf(request), advance),
        { ...plan, tenantId, limits: request.limits },
        signal,
      )
    : NOTHING_MOVED;
  return { ...plan, renamed, moved };
}

async function write(
  request: ImportRowsRequest,
  plan: ImportPlan,
  counts: ImportCounts,
  signal: AbortSignal,
): Promise<void> {
  const { source, tenantId, writer, retry = RETRY, resumption: options } = request;
  const { identity } = plan;
  const id =
    options === undefined
      ? ''
      : importId(options.content, { type: request.type, ids: identity.source, attributes: plan.attributes });
  const resumption = options === undefined ? null : await ImportResumption.begin(options, tenantId, id);
  if (resumption?.before != null) request.onResume?.(resumption.before);
  const advance = (fraction: number, rows: number): void =>
    request.onProgress?.({ source: source.name, phase: 'WRITING', fraction, rows, rejected: counts.rejected });
  const reject = (row: SourceRow, { code, message }: AtlasError): void => {
    counts.rows++;
    counts.rejected++;
    request.onReject?.({ row: row.number, line: row.line, code, reason: message, content: contentOf(row) });
  };
  const batches = new BatchWriter(writer, tenantId, signal, retry, (pending, outcome) => {
    resumption?.ends(pending.row.number, outcome.status === 'FAILED');
    if (outcome.status === 'FAILED') return reject(pending.row, outcome.error);
    counts.rows++;
    counts.values += pending.write.set.length;
    if (outcome.status === 'CREATED') counts.created++;
    else if (outcome.status === 'UPDATED') counts.updated++;
    else counts.unchanged++;
  });
  try {
    for await (const row of firstRows(source, limitOf(request), advance)) {
      signal.throwIfAborted();
      resumption?.passes(row.number);
      if (row.kind === 'malformed') {
        reject(row, new AtlasError('BAD_USER_INPUT', row.reason));
        continue;
      }
      const result = attempt(() => rowToWrite(row, plan, request));
      if (result instanceof AtlasError) reject(row, result);
      else if (resumption?.isDone(row.number) === true) {
        counts.rows++;
        counts.skipped++;
      } else {
        resumption?.begins(row.number);
        await batches.add({ row, write: result });
        await resumption?.note();
      }
    }
    await batches.finish();
    await resumption?.end();
  } catch (error) {
    await batches.settle();
    await resumption?.noteNow().catch(() => {});
    throw error;
  } finally {
    await batches.settle();
  }
}

/**
 * Converts a row to the write of one entity.
 * @throws AtlasError ATTRIBUTE_TYPE_MISMATCH | ATTRIBUTE_INVALID (a cell), BAD_USER_INPUT (the id, or a column that no row had when the
 * columns were inferred), LIMIT_EXCEEDED.
 */
function rowToWrite(
  row: DataRow,
  { identity, attributes, keyOf, moved }: ImportPlan,
  { tenantId, limits }: Pick<ImportRowsRequest, 'tenantId' | 'limits'>,
): EntityWrite {
  const { untyped, source } = identity;
  const cells = countCells(row, untyped);
  if (cells > mostCells(source, limits)) {
    throw new AtlasError(
      'LIMIT_EXCEEDED',
      `The row has ${cells - (source.kind === 'column' ? 1 : 0)} attributes; the limit is ${limits.maxAttributesPerEntity}.`,
    );
  }
  const given: EntityWrite['set'][number][] = [];
  for (const [name, value] of Object.entries(row.fields)) {
    if (isAbsent(value, untyped) || isOwnColumn(name, source)) continue;
    const attribute = attributes.get(name);
    if (attribute === undefined) throw unknownColumn(name);
    given.push({ attribute, value: convertCell(value, attribute, untyped, limits) });
  }
  const set = withMovedReferences(given, moved);
  const type = identity.typeOf(row);
  const write = { id: identity.idOf(row, set), type, set, remove: [], expectedVersion: null };
  const key = keyOf(type);
  if (key === undefined) return write;
  if (source.kind === 'unique') return { ...write, key: key.id };
  // What was exported from another tenant or installation has another id for the same key.
  const isFoundByKey = source.kind === 'exported' && set.some(({ attribute }) => attribute.id === key.id);
  return { ...write, id: keyedId(tenantId, key, { ...write, id: isFoundByKey ? null : write.id }), key: key.id };
}

function unknownColumn(name: string): AtlasError {
  return new AtlasError(
    'BAD_USER_INPUT',
    `Column ${JSON.stringify(name)} had no values when the file was first read; import the file again once it is complete.`,
  );
}

const mostOf = (request: ImportRowsRequest) => ({
  rows: limitOf(request),
  cells: mostCells(request.ids, request.limits),
});

const limitOf = ({ limit = Number.POSITIVE_INFINITY }: ImportRowsRequest): number => limit;

const contentOf = (row: SourceRow): JsonValue => (row.kind === 'malformed' ? row.content : showFields(row.fields));
