import { AUDIT_TUPLE_COLUMNS, type AuditTuple, type EntityTuple, TUPLE_COLUMNS } from '../../change.ts';
import { COPY_REQUEST_PREFIX } from '../slot/copy-request.ts';
import { TRUNCATE_PREFIX } from '../truncation.ts';

/** A change that Debezium has sent: of a row, with all its columns as the text that Postgres would send, or a message in the WAL. */
export type DebeziumChange =
  | { readonly kind: 'upsert'; readonly row: EntityTuple; readonly previous: EntityTuple | null }
  | { readonly kind: 'delete'; readonly row: EntityTuple }
  | { readonly kind: 'audit'; readonly row: AuditTuple }
  | { readonly kind: 'heartbeat'; readonly row: ShardRow; readonly previous: ShardRow }
  /** The change came without the row that it replaces or deletes. */
  | { readonly kind: 'oldRowMissing'; readonly table: 'atlas.entity' | 'atlas.shard' }
  | { readonly kind: 'truncate'; readonly table: string }
  | { readonly kind: 'copyRequest'; readonly replaced: bigint }
  /** It matters to nobody here. */
  | { readonly kind: 'other' };

/** Of the row of atlas.shard. */
export interface ShardRow {
  readonly shard: string;
  /** As text; null: no heartbeat yet. */
  readonly heartbeatAt: string | null;
  readonly neededCatalog: number;
}

/** What a message of the topic says. Messages come transaction by transaction, in the order of the commits. */
export type DebeziumMessage =
  | { readonly kind: 'begin'; readonly transaction: string }
  | {
      readonly kind: 'change';
      readonly transaction: string;
      /** Its place in its transaction, from 1. The same at every delivery. */
      readonly order: number;
      /**
       * A position in the WAL before the transaction's own commit, and not before the end of the last commit that the connector had passed on: that one itself, unless
       * the transaction contains a logical message. Null: the connector had passed none on.
       */
      readonly follows: bigint | null;
      readonly change: DebeziumChange;
    }
  | {
      readonly kind: 'end';
      readonly transaction: string;
      /** The end of the transaction's commit in the WAL. */
      readonly lsn: bigint;
      /** How many changes the transaction has. */
      readonly changes: number;
    }
  /** A tombstone, a row of a snapshot, a heartbeat of Debezium's own: nothing that change capture follows. */
  | { readonly kind: 'nothing' };

/** A message that is none of Debezium's, or not as `connectorConfig` asks for them. */
export class UndecodableMessageError extends Error {
  override readonly name = 'UndecodableMessageError';
}

/**
 * The columns that may exceed what a double holds. Between quotes they stay as they are. What looks alike within a text does not match: there,
 * quotes are escaped.
 */
const LONG = /([{,]"(?:entity_id|version|audit_id|old_version|new_version|lsn)":)(-?\d+)/g;

type Json = Readonly<Record<string, unknown>>;

/** @throws UndecodableMessageError */
export function decodeDebezium(value: Buffer | null): DebeziumMessage {
  if (value === null) return NOTHING;
  const message = parse(value);
  if (typeof message.status === 'string') return boundary(message);
  if (typeof message.op !== 'string') {
    if (Object.keys(message).join() === 'ts_ms') return NOTHING;
    throw new UndecodableMessageError('it has neither "op" nor "status"');
  }
  const source = objectOf(message, 'source');
  // The rows of a snapshot carry a position above that of a transaction that was under way: they say nothing about the order.
  if (message.op === 'r' || (source.snapshot !== undefined && source.snapshot !== 'false')) return NOTHING;
  const transaction = message.transaction as Json | null | undefined;
  if (transaction === null || transaction === undefined) {
    throw new UndecodableMessageError(
      'it has no "transaction"; expected a connector with provide.transaction.metadata=true',
    );
  }
  return {
    kind: 'change',
    transaction: idOf(transaction).transaction,
    order: numberOf(transaction, 'total_order'),
    follows: followedBy(source),
    change: changeOf(message, message.op, source),
  };
}

const NOTHING: DebeziumMessage = { kind: 'nothing' };
const OTHER: DebeziumChange = { kind: 'other' };

function parse(value: Buffer): Json {
  let message: unknown;
  try {
    message = JSON.parse(value.toString('utf8').replace(LONG, '$1"$2"'));
  } catch {
    throw new UndecodableMessageError('it is not JSON');
  }
  if (typeof message === 'object' && message !== null && !Array.isArray(message)) return message as Json;
  throw new UndecodableMessageError('it is not a JSON object');
}

function boundary(message: Json): DebeziumMessage {
  const { transaction, lsn } = idOf(message);
  if (message.status === 'BEGIN') return { kind: 'begin', transaction };
  if (message.status === 'END') return { kind: 'end', transaction, lsn, changes: numberOf(message, 'event_count') };
  throw new UndecodableMessageError(`its status is ${JSON.stringify(message.status)}; expected BEGIN or END`);
}

/** `<transaction>:<position of what the message is about>`. */
function idOf(holder: Json): { transaction: string; lsn: bigint } {
  const match = /^(\d+):(\d+)$/.exec(String(holder.id));
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new UndecodableMessageError(`its transaction is ${JSON.stringify(holder.id)}; expected <id>:<position>`);
  }
  return { transaction: match[1], lsn: BigInt(match[2]) };
}

function changeOf(message: Json, op: string, source: Json): DebeziumChange {
  if (op === 'm') return messageOf(objectOf(message, 'message'));
  const table = `${source.schema}.${source.table}`;
  if (op === 't') return table === 'atlas.entity' ? { kind: 'truncate', table } : OTHER;
  if (op !== 'c' && op !== 'u' && op !== 'd') {
    throw new UndecodableMessageError(`its op is ${JSON.stringify(op)}; expected c, u, d, t, m or r`);
  }
  if (table === 'atlas.shard') return op === 'd' ? OTHER : heartbeatOf(message, op);
  // The audit only grows: whoever changes a row of it by hand changes it on the shard alone.
  if (table === 'atlas.audit') {
    return op === 'c'
      ? { kind: 'audit', row: textsOf(objectOf(message, 'after'), AUDIT_TUPLE_COLUMNS) as AuditTuple }
      : OTHER;
  }
  return table === 'atlas.entity' ? entityOf(message, op) : OTHER;
}

function entityOf(message: Json, op: 'c' | 'u' | 'd'): DebeziumChange {
  if (op === 'c') return { kind: 'upsert', row: tupleOf(objectOf(message, 'after')), previous: null };
  const before = message.before as Json | null | undefined;
  // A table without REPLICA IDENTITY FULL sends the key alone, or nothing.
  if (typeof before?.attributes !== 'string') return { kind: 'oldRowMissing', table: 'atlas.entity' };
  if (op === 'd') return { kind: 'delete', row: tupleOf(before) };
  return { kind: 'upsert', row: tupleOf(objectOf(message, 'after'), before), previous: tupleOf(before) };
}

function heartbeatOf(message: Json, op: 'c' | 'u'): DebeziumChange {
  const row = shardRow(objectOf(message, 'after'));
  if (op === 'c') return { kind: 'heartbeat', row, previous: { ...row, heartbeatAt: null } };
  const before = message.before as Json | null | undefined;
  if (typeof before?.shard_id !== 'string') return { kind: 'oldRowMissing', table: 'atlas.shard' };
  return { kind: 'heartbeat', row, previous: shardRow(before) };
}

function shardRow(row: Json): ShardRow {
  const shard = row.shard_id;
  const at = row.heartbeat_at;
  if (typeof shard !== 'string' || (at !== null && typeof at !== 'string')) {
    throw new UndecodableMessageError('it is of atlas.shard, and lacks shard_id or heartbeat_at');
  }
  return { shard, heartbeatAt: at, neededCatalog: Number(row.needed_catalog ?? 0) };
}

/** Their content is base64. Other programs may write messages too. */
function messageOf({ prefix, content }: Json): DebeziumChange {
  const text = Buffer.from(String(content), 'base64').toString('utf8');
  if (prefix === TRUNCATE_PREFIX) return { kind: 'truncate', table: text };
  return prefix === COPY_REQUEST_PREFIX && /^[0-9]{1,20}$/.test(text)
    ? { kind: 'copyRequest', replaced: BigInt(text) }
    : OTHER;
}

/** What Debezium sends for a value that is stored out of line and has not changed, unless it finds it in the old row. */
const UNCHANGED = '__debezium_unavailable_value';
/** The only columns that are ever stored out of line. Neither is ever equal to it: they begin with a brace. */
const LARGE_COLUMNS = ['attributes', 'attribute_updated_at'] as const;

function tupleOf(row: Json, before: Json | null = null): EntityTuple {
  const texts = textsOf(row, TUPLE_COLUMNS);
  for (const column of LARGE_COLUMNS) {
    if (texts[column] !== UNCHANGED) continue;
    const kept = before?.[column];
    if (typeof kept !== 'string' || kept === UNCHANGED)
      throw new UndecodableMessageError(`it lacks the value of ${column}`);
    texts[column] = kept;
  }
  return texts as EntityTuple;
}

function textsOf(row: Json, columns: readonly string[]): Record<string, string | null> {
  const texts: Record<string, string | null> = {};
  for (const column of columns) texts[column] = textOf(row[column], column);
  return texts;
}

function textOf(value: unknown, column: string): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'boolean') return value ? 't' : 'f';
  throw new UndecodableMessageError(`it lacks the column ${column}`);
}

function objectOf(holder: Json, name: string): Json {
  const value = holder[name];
  if (typeof value === 'object' && value !== null) return value as Json;
  throw new UndecodableMessageError(`it has no ${JSON.stringify(name)}`);
}

function numberOf(holder: Json, name: string): number {
  const value = holder[name];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new UndecodableMessageError(`its ${JSON.stringify(name)} is ${JSON.stringify(value)}; expected an integer`);
}

/** `["<end of the last commit>","<position of the change>"]` */
function followedBy({ sequence }: Json): bigint | null {
  const [, commit] = /^\[(?:null|"(\d+)"),"\d+"\]$/.exec(String(sequence)) ?? [];
  return commit === undefined ? null : BigInt(commit);
}
