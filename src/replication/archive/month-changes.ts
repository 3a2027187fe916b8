import { AdaptivePage } from '../../connections/adaptive-page.ts';
import type { ClickHouseParameters, ClickHouseSession } from '../../connections/clickhouse/clickhouse-database.ts';
import type { AttributeLookup } from '../../domain/catalog/attribute.ts';
import type { ArchivedMonth } from './archive-set.ts';
import type { ArchivedChange } from './archived-change.ts';

/** Of the changes of a month, those of which the transaction committed at `from` or later and before `to`. */
export interface MonthRange {
  readonly month: ArchivedMonth;
  readonly from: bigint;
  readonly to: bigint;
}

/** Rows of one statement; fewer if they are large. */
const PAGE = 5_000;

const KEY = 'entity_id, created_at, version, operation, lsn';
/** The row of the entity 0 says that the whole tenant was erased. */
const IN_RANGE = `tenant_id = {tenant:UInt32} AND entity_id > 0 AND shard = {shard:String} AND lsn >= {from:UInt64} AND lsn < {to:UInt64}
  AND toYYYYMM(fromUnixTimestamp64Milli(at, 'UTC')) = {month:UInt32}`;
const ERASED_TO = `SELECT entity_id, max(lsn) AS erased_to FROM entity_change
  WHERE tenant_id = {tenant:UInt32} AND shard = {shard:String} AND operation = 'ERASED'`;

const READ = `
SELECT entity_id, created_at, version, toUInt8(operation) AS operation_number, operation, lsn, type, at, previous_at, subject, attribute_ids, before, before_at, after
FROM entity_change FINAL
WHERE ${IN_RANGE} AND entity_id >= {entity:UInt64}
  AND (entity_id, created_at, version, toUInt8(operation), lsn) > ({entity:UInt64}, {created:Int64}, {version:UInt64}, {operation:UInt8}, {lsn:UInt64})
ORDER BY ${KEY} LIMIT {limit:UInt64}`;

const ERASURES = `${ERASED_TO} AND (entity_id = 0 OR entity_id IN {entities:Array(UInt64)}) GROUP BY entity_id`;

/** Those that are not erased, and erasures themselves. */
const COUNT = `
SELECT count() AS rows FROM (SELECT entity_id, operation, lsn FROM entity_change FINAL WHERE ${IN_RANGE}) AS changes
LEFT ANY JOIN (${ERASED_TO} GROUP BY entity_id) AS erasures ON erasures.entity_id = changes.entity_id
WHERE operation = 'ERASED' OR lsn > greatest(erased_to, (SELECT max(erased_to) FROM (${ERASED_TO} AND entity_id = 0 GROUP BY entity_id)))`;

/** 64-bit integers are digits. */
interface Row {
  readonly entity_id: string;
  readonly created_at: string;
  readonly version: string;
  readonly operation_number: number;
  readonly operation: string;
  readonly lsn: string;
  readonly type: string;
  readonly at: string;
  readonly previous_at: string;
  readonly subject: string | null;
  readonly attribute_ids: readonly number[];
  readonly before: readonly (string | null)[];
  readonly before_at: readonly string[];
  readonly after: readonly (string | null)[];
}

/** The changes in the order of their entities, without what was erased. @throws SourceError, or the signal's reason. */
export async function* readMonth(
  clickhouse: ClickHouseSession,
  { month, from, to }: MonthRange,
  attributes: AttributeLookup,
  signal: AbortSignal,
): AsyncGenerator<readonly ArchivedChange[]> {
  const { tenantId, shard } = month;
  const pages = new AdaptivePage(PAGE);
  const range = parametersOf({ month, from, to });
  let after = { entity: 0n, created: 0n, version: 0n, operation: 0, lsn: 0n };
  for (;;) {
    let limit = 0;
    const rows = await pages.read((size) => {
      limit = size;
      return clickhouse.query<Row>(READ, { ...range, ...after, limit: BigInt(size) }, signal, tenantId);
    });
    const last = rows.at(-1);
    if (last === undefined) return;
    const entities = [...new Set(rows.map(({ entity_id }) => BigInt(entity_id)))];
    const erasures = await clickhouse.query<{ entity_id: string; erased_to: string }>(
      ERASURES,
      { tenant: tenantId, shard, entities },
      signal,
      tenantId,
    );
    const erasedTo = new Map(erasures.map((row) => [row.entity_id, BigInt(row.erased_to)]));
    const ofTenant = erasedTo.get('0') ?? 0n;
    const shown = rows.filter(({ operation, entity_id, lsn }) => {
      const position = BigInt(lsn);
      return operation === 'ERASED' || (position > ofTenant && position > (erasedTo.get(entity_id) ?? 0n));
    });
    if (shown.some(({ attribute_ids }) => attribute_ids.some((id) => attributes.byId(id) === undefined))) {
      await attributes.refresh();
    }
    yield shown.map((row) => changeOf(row, month, attributes));
    if (rows.length < limit) return;
    after = {
      ...{ entity: BigInt(last.entity_id), created: BigInt(last.created_at), version: BigInt(last.version) },
      ...{ operation: last.operation_number, lsn: BigInt(last.lsn) },
    };
  }
}

/** How many changes `readMonth` returns. @throws SourceError, or the signal's reason. */
export async function countMonth(
  clickhouse: ClickHouseSession,
  range: MonthRange,
  signal: AbortSignal,
): Promise<number> {
  const [row] = await clickhouse.query<{ rows: string }>(COUNT, parametersOf(range), signal, range.month.tenantId);
  return Number(row?.rows ?? 0);
}

function parametersOf({ month: { tenantId, shard, month }, from, to }: MonthRange): ClickHouseParameters {
  return { tenant: tenantId, shard, month, from, to };
}

function changeOf(row: Row, { tenantId, shard }: ArchivedMonth, attributes: AttributeLookup): ArchivedChange {
  const isErasure = row.operation === 'ERASED';
  return {
    tenant_id: tenantId,
    shard,
    position: BigInt(row.lsn),
    entity_id: BigInt(row.entity_id),
    entity_type: isErasure ? null : row.type,
    operation: row.operation,
    version: isErasure ? null : BigInt(row.version),
    at: new Date(Number(row.at)),
    previous_at: momentOf(row.previous_at),
    created_at: isErasure ? null : new Date(Number(row.created_at)),
    subject: row.subject,
    attributes: row.attribute_ids.map((id, place) => {
      const definition = attributes.byId(id);
      return {
        ...{ id, key: definition?.key ?? null, type: definition?.type ?? null },
        ...{ before: row.before[place] ?? null, before_at: momentOf(row.before_at[place] ?? '0') },
        after: row.after[place] ?? null,
      };
    }),
  };
}

const momentOf = (ms: string): Date | null => (ms === '0' ? null : new Date(Number(ms)));
