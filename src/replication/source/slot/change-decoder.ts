import type { Pgoutput } from 'pg-logical-replication';
import type { ShardId } from '../../../domain/identifiers.ts';
import { type AuditTuple, changeVersion, type EntityTuple, type RowChange } from '../../change.ts';
import { exactTimestampMs } from '../../timestamp-text.ts';
import { TRUNCATE_PREFIX, truncated } from '../truncation.ts';
import { COPY_REQUEST_PREFIX } from './copy-request.ts';
import { parseLsn } from './lsn.ts';
import { foreignHeartbeat, oldRowsMissing } from './next-step.ts';

/** What a message of the slot contains; a commit is acknowledged with its lsn, a copy request names the copy to be replaced. */
export type SlotChange =
  | RowChange
  /** `neededCatalog`: the revision of the catalog with which what follows is to be understood. */
  | { readonly kind: 'heartbeat'; readonly at: number; readonly neededCatalog: number }
  | { readonly kind: 'commit'; readonly lsn: bigint }
  | { readonly kind: 'copyRequest'; readonly replaced: bigint };

/** Decodes the messages of one stream. They come transaction by transaction, in the order of the commits. */
export class ChangeDecoder {
  readonly #shard: ShardId;
  /** Of the transaction whose changes arrive. */
  #commitLsn = 0n;
  /** Of the next change in it. */
  #ordinal = 0;

  constructor(shard: ShardId) {
    this.#shard = shard;
  }

  /** Null if the message contains nothing that the sink needs. @throws UnrepairableError for a change that cannot be applied. */
  decode(message: Pgoutput.Message): SlotChange | null {
    switch (message.tag) {
      case 'begin':
        this.#commitLsn = lsnOf(message.commitLsn);
        this.#ordinal = 0;
        return null;
      case 'insert':
      case 'update':
        if (isTable(message.relation, 'shard')) return heartbeat(this.#shard, message.new);
        if (isTable(message.relation, 'audit')) return this.#audited(message);
        if (!isTable(message.relation, 'entity')) return null;
        return {
          kind: 'upsert',
          ...this.#position(),
          row: message.new as EntityTuple,
          previous: message.tag === 'insert' ? null : wholeOldRow(message.old),
        };
      case 'delete':
        if (!isTable(message.relation, 'entity')) return null;
        return { kind: 'delete', ...this.#position(), row: wholeOldRow(message.old) };
      case 'truncate':
        if (!message.relations.some((relation) => isTable(relation, 'entity'))) return null;
        throw truncated('atlas.entity');
      case 'message':
        return fromMessage(message.prefix, Buffer.from(message.content).toString());
      case 'commit':
        return { kind: 'commit', lsn: lsnOf(message.commitEndLsn) };
      default:
        return null;
    }
  }

  /** The audit only grows: whoever changes a row of it by hand changes it on the shard alone. */
  #audited(message: Pgoutput.MessageInsert | Pgoutput.MessageUpdate): SlotChange | null {
    if (message.tag === 'update') return null;
    return { kind: 'audit', lsn: this.#commitLsn, row: message.new as AuditTuple };
  }

  #position() {
    return { lsn: this.#commitLsn, version: changeVersion(this.#commitLsn, this.#ordinal++) };
  }
}

/** A publication with a further table is refused, but what was written to that table meanwhile is still sent afterwards. */
function isTable({ schema, name }: Pgoutput.MessageRelation, table: 'entity' | 'shard' | 'audit'): boolean {
  return schema === 'atlas' && name === table;
}

/** Other programs may write messages too. */
function fromMessage(prefix: string, content: string): SlotChange | null {
  if (prefix === TRUNCATE_PREFIX) throw truncated(content);
  if (prefix !== COPY_REQUEST_PREFIX || !/^[0-9]{1,20}$/.test(content)) return null;
  return { kind: 'copyRequest', replaced: BigInt(content) };
}

/** Every transaction has a position, which is not 0/0; the decoder's type does not say so. */
function lsnOf(text: string | null): bigint {
  if (text === null) throw new Error('The primary sent a transaction without a position');
  return parseLsn(text);
}

function heartbeat(shard: ShardId, row: Record<string, string | null>): SlotChange | null {
  const { shard_id: found, heartbeat_at: at, needed_catalog: needed } = row;
  if (found !== shard) {
    throw foreignHeartbeat(shard, String(found));
  }
  return at === null || at === undefined
    ? null
    : { kind: 'heartbeat', at: exactTimestampMs(at), neededCatalog: Number(needed ?? 0) };
}

/**
 * A partition that lacks REPLICA IDENTITY FULL logs the key alone. If the root has it, pgoutput still sends that as a whole
 * old row, with null in every other column.
 */
function wholeOldRow(old: Record<string, string | null> | null): EntityTuple {
  if (old !== null && typeof old.attributes === 'string') return old as EntityTuple;
  throw oldRowsMissing({ repairedByCopy: true, lasts: true });
}
