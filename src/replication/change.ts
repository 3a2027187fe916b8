import type { Pgoutput } from 'pg-logical-replication';
import type { EntityTuple } from './entity-tuple.ts';
import { parseLsn } from './source/lsn.ts';
import { timestampMicros } from './source/postgres-timestamp.ts';
import { StreamBrokenError } from './stream-broken-error.ts';

/** What the change stream says, in commit order. Changes lie between the commits of their own and the previous transaction. */
export type Change =
  | {
      readonly kind: 'upsert';
      /** Grows with every change of one entity. */
      readonly lsn: bigint;
      readonly row: EntityTuple;
      /** Null where the entity is new. */
      readonly previous: EntityTuple | null;
    }
  | { readonly kind: 'delete'; readonly lsn: bigint; readonly row: EntityTuple }
  /** Microseconds since the epoch on the primary's clock. */
  | { readonly kind: 'heartbeat'; readonly at: number }
  /** Every transaction that committed before `endLsn` has now been received. */
  | { readonly kind: 'commit'; readonly endLsn: bigint };

/**
 * Null where the message says nothing that ClickHouse needs.
 * @throws StreamBrokenError for what cannot be carried on.
 */
export function changeOf(lsn: string, message: Pgoutput.Message): Change | null {
  switch (message.tag) {
    case 'insert':
    case 'update':
      if (message.relation.name === 'shard') return heartbeat(message.new);
      return {
        kind: 'upsert',
        lsn: parseLsn(lsn),
        row: message.new as EntityTuple,
        previous: message.tag === 'insert' ? null : wholeOldRow(message.old),
      };
    case 'delete':
      if (message.relation.name === 'shard') return null;
      return { kind: 'delete', lsn: parseLsn(lsn), row: wholeOldRow(message.old) };
    case 'truncate':
      if (message.relations.every(({ name }) => name === 'shard')) return null;
      throw new StreamBrokenError('atlas.entity was truncated, which change capture cannot follow row by row');
    case 'commit':
      return { kind: 'commit', endLsn: parseLsn(message.commitEndLsn ?? lsn) };
    default:
      return null;
  }
}

function heartbeat(row: Record<string, string | null>): Change | null {
  const { heartbeat_at: at } = row;
  return at === null || at === undefined ? null : { kind: 'heartbeat', at: timestampMicros(at) };
}

function wholeOldRow(old: Record<string, string | null> | null): EntityTuple {
  if (old !== null) return old as EntityTuple;
  throw new StreamBrokenError(
    'atlas.entity or a partition of it lacks REPLICA IDENTITY FULL, so that old rows do not travel',
  );
}
