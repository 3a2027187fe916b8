import type { ClickHouseSession } from '../../connections/clickhouse/clickhouse-database.ts';
import type { ShardId, TenantId } from '../../domain/identifiers.ts';
import { readAftermath } from '../../watermarks/clickhouse-aftermath.ts';
import { type ClickHouseWatermark, readWatermarks } from '../../watermarks/clickhouse-watermarks.ts';
import type { ChangedEntities } from '../changed-entities.ts';
import type { Question } from '../questions/question.ts';

/** Without FINAL: of an entity that was changed at the position or later, the newest row is there, whatever has been merged. */
const CHANGED_OTHERS = `
SELECT count() AS others FROM entity
WHERE tenant_id = {tenant:UInt32} AND copy_id = {copyId:UInt64} AND lsn >= {position:UInt64} AND entity_id NOT IN {ids:Array(UInt64)}`;

/** The watermark of one server's copy. */
export interface UnchangedWatermark extends ClickHouseWatermark {
  /** Of the session, before it was read. */
  readonly serverChanges: number;
}

/** Reads the entities of one shard in ClickHouse that have not changed since its watermark. */
export class UnchangedEntityReader {
  readonly #database: ClickHouseSession;
  readonly #shard: ShardId;

  constructor(database: ClickHouseSession, shard: ShardId) {
    this.#database = database;
    this.#shard = shard;
  }

  /** Undefined if there is no complete copy of the shard. */
  async watermark(signal: AbortSignal): Promise<UnchangedWatermark | undefined> {
    const { serverChanges } = this.#database;
    const watermark = (await readWatermarks(this.#database, [this.#shard], signal)).get(this.#shard);
    return watermark && { ...watermark, serverChanges };
  }

  /**
   * What the entities contribute that are not among the changed ones, in the state of the snapshot that shows those. Null if ClickHouse shows
   * another state of one of them, or has lost something.
   *
   * By the copy's watermark, it contains what had ended when the heartbeat was written, so of an entity that nobody has changed since the
   * state that the snapshot has. What it shows beyond the snapshot's horizon is of a changed entity, or has committed after the snapshot, or
   * in a history that the shard has lost. The latter two are looked for once the data has been read: such a row is still there.
   *
   * @param copy read before the snapshot was taken.
   */
  async ask<Part>(
    { clickhouse, tenantId }: Question<Part, unknown>,
    copy: UnchangedWatermark,
    changed: ChangedEntities,
    signal: AbortSignal,
  ): Promise<{ readonly data: Part } | null> {
    const copies = new Map([[this.#shard, { ...copy, except: changed.ids }]]);
    const { text, parameters } = clickhouse.select(copies);
    const rows = await this.#database.query<object>(text, parameters, signal, tenantId);
    if (await this.#showsOtherState(tenantId, copy, changed, signal)) return null;
    const { positions } = await readAftermath(this.#database, [this.#shard], copies, signal);
    if (this.#database.serverChanges !== copy.serverChanges) return null;
    const still = positions.get(copy.copyId);
    return still === undefined || still < copy.lsn ? null : { data: clickhouse.parse(rows) };
  }

  async #showsOtherState(
    tenant: TenantId,
    { copyId }: ClickHouseWatermark,
    { ids, position }: ChangedEntities,
    signal: AbortSignal,
  ): Promise<boolean> {
    const parameters = { tenant, copyId, position, ids: ids.map(BigInt) };
    const [row] = await this.#database.query<{ others: string }>(CHANGED_OTHERS, parameters, signal, tenant);
    return row?.others !== '0';
  }
}
