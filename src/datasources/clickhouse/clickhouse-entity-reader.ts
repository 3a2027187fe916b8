import { LRUCache } from 'lru-cache';
import type { ClickHouseSession } from '../../connections/clickhouse/clickhouse-database.ts';
import { type AttributeId, INDEXED_TEXT_LENGTH } from '../../domain/catalog/attribute.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import type { Measured, Watermark } from '../../freshness/freshness.ts';
import type { ReadAftermath } from '../../watermarks/clickhouse-aftermath.ts';
import { readWatermarks } from '../../watermarks/clickhouse-watermarks.ts';
import { SharedWatermarks } from '../../watermarks/shared-watermarks.ts';
import type { EntityReader } from '../entity-reader.ts';
import type { Question } from '../questions/question.ts';
import type { ExplainedStatement, ExplainingReader } from '../read-explainer.ts';
import type { ClickHouseForm, ClickHouseSelect } from './clickhouse-form.ts';
import type { ReadCopies, ReadCopy } from './read-copies.ts';

/** So many reads in a row that saw settled rows only, and the next one takes that for granted. */
const QUIET_READS = 3;

/** How long it is remembered that texts of an attribute may go on beyond their indexed beginning, and of how many at most. */
const CUT_REMEMBERED_MS = 60_000;
const MOST_KNOWN_CUT = 10_000;

/** What one server says of its copies tells nothing of what another one has answered. */
const NOTHING_KNOWN: Pick<ReadAftermath, 'positions' | 'shown'> = { positions: new Map(), shown: new Map() };

const UNKNOWN: Watermark = { heartbeatAt: null, lsn: null };

/**
 * Reads ClickHouse's copies of the given shards. The watermarks are read by a separate query before the data, and name the copies
 * that the data is read from. They are written after the data they describe, so the data contains at least what they state. Rows of
 * a copy are removed only after its watermark, or by hand together with its markers; so a watermark counts if it and the markers are
 * still there once the data has been read, whether or not a newer copy is complete by then.
 *
 * As long as nothing is written, no row is unsettled (see AttributeRows), and statements that do not look for such rows take half of the time. So that is
 * taken for granted, and the newest rows, which are looked up after the data anyway, tell whether it was right; if not, the data is read again.
 *
 * Nor does a text go on beyond its indexed beginning as a rule, and statements that do not look for those that do take a fifth of the time. So that is taken for
 * granted, too, and the texts that come back tell whether it was right: a group of what begins alike is returned, or is as small as what is left out.
 */
export class ClickHouseEntityReader implements EntityReader, ExplainingReader {
  readonly #database: ClickHouseSession;
  readonly #shards: readonly ShardId[];
  readonly #watermarks: SharedWatermarks;
  /** How many reads in a row have seen settled rows only. */
  #quietReads = QUIET_READS;
  /** Until when texts of an attribute are not taken for whole, since one came back that may go on. By tenant and attribute. */
  readonly #cut = new LRUCache<string, true>({ max: MOST_KNOWN_CUT, ttl: CUT_REMEMBERED_MS });

  constructor(database: ClickHouseSession, shards: readonly ShardId[]) {
    this.#database = database;
    this.#shards = shards;
    this.#watermarks = new SharedWatermarks(database, shards);
  }

  async ask<Part>(
    { clickhouse, tenantId }: Question<Part, unknown>,
    signal: AbortSignal,
    knownForMs = 0,
  ): Promise<Measured<Part>> {
    const { copies: before, serverChanges } = await this.#watermarks.before(knownForMs, signal);
    const isQuiet = this.#quietReads >= QUIET_READS;
    const select = this.#select(clickhouse, granting(before, { isSettled: isQuiet }), tenantId);
    let answer = await this.#read(select, before, tenantId, signal);
    this.#quietReads = areSettled(before, answer) ? this.#quietReads + 1 : 0;
    const { takenForWhole = [] } = select;
    const isCut = takenForWhole.length > 0 && answer.rows.some(hasLongText);
    if (isCut) for (const id of takenForWhole) this.#cut.set(cutKey(tenantId, id), true);
    if (isCut || (isQuiet && this.#quietReads === 0)) {
      const careful = clickhouse.select(before);
      if (careful.text !== select.text) answer = await this.#read(careful, before, tenantId, signal);
    }
    const { rows } = answer;
    const isOneServer = this.#database.serverChanges === serverChanges;
    const { positions, shown } = isOneServer ? answer : NOTHING_KNOWN;
    const watermarks = new Map(
      this.#shards.map((shard) => [shard, watermarkOf(before.get(shard), positions)] as const),
    );
    return {
      data: clickhouse.parse(rows),
      ...{ watermarks, shown, observedAt: null, serverChanges: isOneServer ? serverChanges : null },
    };
  }

  async explain(
    { clickhouse, tenantId }: Question<unknown, unknown>,
    signal: AbortSignal,
  ): Promise<ExplainedStatement> {
    const copies = await readWatermarks(this.#database, this.#shards, signal);
    const { text, parameters } = clickhouse.select(copies);
    const lines = await this.#database.query<{ explain: string }>(
      `EXPLAIN PLAN indexes = 1 ${text}`,
      parameters,
      signal,
      tenantId,
    );
    return { statement: text, plan: lines.map(({ explain }) => explain) };
  }

  /** With texts that are taken for whole, unless one of them may not be. */
  #select(form: ClickHouseForm<unknown>, copies: ReadCopies, tenant: TenantId): ClickHouseSelect {
    const select = form.select(granting(copies, { hasWholeTexts: true }));
    const { takenForWhole = [] } = select;
    return takenForWhole.some((id) => this.#cut.has(cutKey(tenant, id))) ? form.select(copies) : select;
  }

  async #read(
    { text, parameters }: ClickHouseSelect,
    copies: ReadCopies,
    tenant: TenantId,
    signal: AbortSignal,
  ): Promise<ReadAftermath & { readonly rows: readonly object[] }> {
    const rows = await this.#database.query<object>(text, parameters, signal, tenant);
    return { rows, ...(await this.#watermarks.after(copies, signal)) };
  }
}

function granting(copies: ReadCopies, granted: Pick<ReadCopy, 'isSettled' | 'hasWholeTexts'>): ReadCopies {
  return new Map(Array.from(copies, ([shard, copy]) => [shard, { ...copy, ...granted }]));
}

function cutKey(tenant: TenantId, attribute: AttributeId): string {
  return `${tenant} ${attribute}`;
}

/** Whether a text may fill its index: it has so many characters, or fewer that count twice here. */
function hasLongText(row: object): boolean {
  return Object.values(row).some((value) => typeof value === 'string' && value.length >= INDEXED_TEXT_LENGTH);
}

/** Whether no row of the copies was at the watermark or beyond, when the data was read. Newest rows do not go away in the course of a read. */
function areSettled(copies: ReadCopies, { newest }: ReadAftermath): boolean {
  return [...copies.values()].every(({ copyId, lsn }) => (newest.get(copyId) ?? 0n) < lsn);
}

/** What was known before the data was read, unless the copy or some of its rows are gone, or ClickHouse has gone back to an earlier state. */
function watermarkOf(read: (ReadCopy & Watermark) | undefined, after: ReadonlyMap<bigint, bigint>): Watermark {
  if (read === undefined) return UNKNOWN;
  const still = after.get(read.copyId);
  if (still === undefined || still < read.lsn) return UNKNOWN;
  return { heartbeatAt: read.heartbeatAt, lsn: read.lsn };
}
