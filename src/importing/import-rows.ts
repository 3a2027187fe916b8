import type { AttributeCatalog } from '../datasources/attribute-catalog.ts';
import type { EntityWrite, EntityWriter } from '../datasources/entity-writer.ts';
import type { AttributeDefinition } from '../domain/attribute.ts';
import type { ValueLimits } from '../domain/attribute-value.ts';
import { AtlasError, type ErrorCode } from '../domain/errors.ts';
import type { TenantId } from '../domain/identifiers.ts';
import type { JsonValue } from '../lib/canonical-json.ts';
import { BatchWriter, RETRY_DELAYS_MS } from './batch-writer.ts';
import { isAbsent } from './cell.ts';
import { convertCell } from './convert-cell.ts';
import { inferColumns } from './infer-columns.ts';
import { type ColumnDefinition, planColumns } from './plan-columns.ts';
import { resolveIdColumns } from './resolve-id-columns.ts';
import { type IdSource, RowIdentity } from './row-identity.ts';
import type { DataRow, RowSource, SourceRow } from './sources/row-source.ts';

export interface ImportProgress {
  readonly source: string;
  /** First the whole source is read to learn its columns' types, then it is read again and written. */
  readonly phase: 'INSPECTING' | 'WRITING';
  /** Of this phase, from 0 to 1. */
  readonly fraction: number;
  /** Read in this phase so far. */
  readonly rows: number;
  readonly rejected: number;
}

/** A row that was left out, and why. */
export interface RejectedRow {
  readonly row: number;
  readonly line: number | null;
  readonly code: ErrorCode;
  readonly reason: string;
  readonly content: JsonValue;
}

export interface ImportRowsRequest {
  readonly source: RowSource;
  readonly type: string;
  readonly tenantId: TenantId;
  readonly ids: IdSource;
  readonly catalog: AttributeCatalog;
  readonly writer: EntityWriter;
  readonly limits: ValueLimits;
  /** Rows from the start; default: all. */
  readonly limit?: number | undefined;
  /** How the attribute of a column that the catalog does not know is defined. Default: filterable, not exposed. */
  readonly define?: ((key: string) => ColumnDefinition) | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly onReject?: ((rejected: RejectedRow) => void) | undefined;
  /** Aborted: what is being written is finished, nothing more is started. */
  readonly signal?: AbortSignal | undefined;
  readonly retryDelaysMs?: readonly number[] | undefined;
}

export interface ImportCounts {
  /** Rows with an outcome: the sum of the four below. */
  rows: number;
  created: number;
  updated: number;
  unchanged: number;
  rejected: number;
  /** Attribute values of the rows that were not rejected. */
  values: number;
  /** True where the signal was aborted before the end. */
  stopped: boolean;
}

/**
 * Writes the rows of one source as entities of one type. Running it again changes nothing, and continues one that was cut off.
 * @throws AtlasError BAD_USER_INPUT (the source cannot be read), ATTRIBUTE_INVALID | ATTRIBUTE_TYPE_MISMATCH (an attribute cannot
 * be defined), SHARD_UNAVAILABLE | TIMEOUT (a shard stayed away). A single row that cannot be written is rejected instead.
 */
export async function importRows(request: ImportRowsRequest): Promise<ImportCounts> {
  const signal = request.signal ?? new AbortController().signal;
  const counts: ImportCounts = {
    rows: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    rejected: 0,
    values: 0,
    stopped: false,
  };
  try {
    await inspectAndWrite(request, counts, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    counts.stopped = true;
  }
  return counts;
}

async function inspectAndWrite(request: ImportRowsRequest, counts: ImportCounts, signal: AbortSignal): Promise<void> {
  const { source, tenantId, type, limit = Number.POSITIVE_INFINITY } = request;
  const report = (phase: ImportProgress['phase'], fraction: number, rows: number): void =>
    request.onProgress?.({ source: source.name, phase, fraction, rows, rejected: counts.rejected });

  const advance = (fraction: number, rows: number): void => report('INSPECTING', fraction, rows);
  const columns = await inferColumns(source, limit, advance, signal);
  const ids = resolveIdColumns(request.ids, columns, source.name);
  const planned = columns.filter(({ name }) => ids.kind !== 'column' || ids.column !== name);
  const attributes = await planColumns(planned, tenantId, request.catalog, ({ key }) => request.define?.(key) ?? {});
  const identity = new RowIdentity(ids, tenantId, type, source.untyped);

  const reject = (row: SourceRow, error: AtlasError, content: JsonValue): void => {
    counts.rows++;
    counts.rejected++;
    request.onReject?.({ row: row.number, line: row.line, code: error.code, reason: error.message, content });
  };
  const retryDelaysMs = request.retryDelaysMs ?? RETRY_DELAYS_MS;
  const batches = new BatchWriter(request.writer, tenantId, signal, retryDelaysMs, ({ row, write }, outcome) => {
    if (outcome.status === 'FAILED') return reject(row, outcome.error, contentOf(row));
    counts.rows++;
    counts.values += write.set.length;
    if (outcome.status === 'CREATED') counts.created++;
    else if (outcome.status === 'UPDATED') counts.updated++;
    else counts.unchanged++;
  });

  let read = 0;
  try {
    for await (const row of source.rows((fraction) => report('WRITING', fraction, read))) {
      signal.throwIfAborted();
      if (read++ >= limit) break;
      if (row.kind === 'malformed') {
        reject(row, new AtlasError('BAD_USER_INPUT', row.reason), row.content);
        continue;
      }
      const write = toWrite(row, identity, attributes, request.limits);
      if (write instanceof AtlasError) reject(row, write, contentOf(row));
      else await batches.add({ row, write });
    }
    await batches.finish();
    report('WRITING', 1, read);
  } finally {
    await batches.settle();
  }
}

function toWrite(
  row: DataRow,
  identity: RowIdentity,
  attributes: ReadonlyMap<string, AttributeDefinition>,
  limits: ValueLimits,
): EntityWrite | AtlasError {
  const { type, untyped } = identity;
  try {
    const set: EntityWrite['set'][number][] = [];
    for (const [name, value] of Object.entries(row.fields)) {
      const attribute = attributes.get(name);
      if (attribute === undefined || isAbsent(value, untyped)) continue;
      set.push({ attribute, value: convertCell(value, attribute, untyped, limits) });
    }
    return { id: identity.idOf(row), type, set, remove: [], expectedVersion: null };
  } catch (error) {
    if (error instanceof AtlasError) return error;
    throw error;
  }
}

function contentOf(row: DataRow): JsonValue {
  const present = Object.entries(row.fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    present.map(([name, value]) => [name, value instanceof Date ? value.toJSON() : (value ?? null)]),
  );
}
