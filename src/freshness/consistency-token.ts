import type { KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import { AtlasError } from '../domain/errors.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { signText, verifyText } from '../lib/signed-text.ts';
import { furthest, type Positions } from './positions.ts';

/** What a read must have reached. */
export interface ConsistencyToken {
  readonly positions: Positions;
  /** The revision of the attribute catalog; 0 if the token needs none. */
  readonly catalogRevision: number;
}

/** The installation that makes and accepts tokens. */
export interface TokenScope {
  /** Signs tokens and cursors. All processes of the installation have the same. */
  readonly key: KeyObject;
  readonly shards: ReadonlyMap<ShardMark, ShardId>;
}

/** Stands for a shard in a token, in 4 bytes, and does not depend on which other shards there are. */
type ShardMark = number;

const markOf: (shard: ShardId) => ShardMark = crc32;

/** @throws RangeError if two ids have the same mark, which can happen to ids of more than 4 bytes only, once in 2^32 pairs. */
export function tokenScope(key: KeyObject, shards: readonly ShardId[]): TokenScope {
  const marks = new Map<ShardMark, ShardId>();
  for (const shard of shards) {
    const other = marks.get(markOf(shard));
    if (other !== undefined) {
      throw new RangeError(`The shards ${other} and ${shard} have the same CRC-32, so tokens cannot tell them apart.`);
    }
    marks.set(markOf(shard), shard);
  }
  return { key, shards: marks };
}

const PURPOSE = 'consistency token';
/** Versions 1 and 2 were not signed. */
const VERSION = 3;
const REVISION_AT = 1;
const REVISION_BYTES = 6;
const SHARDS_AT = REVISION_AT + REVISION_BYTES;
const MARK_BYTES = 4;
const SHARD_BYTES = MARK_BYTES + 8;
const CHECKSUM_BYTES = 4;
/** Far more than the tokens of all subgraph calls of one request need; longer text is refused unread. */
const MAX_LENGTH = 16_384;

/** The opaque form: version, catalog revision (6 bytes) and, of each shard, mark and position, signed with the scope's key. */
export function encodeToken({ positions, catalogRevision }: ConsistencyToken, { key }: TokenScope): string {
  const bytes = Buffer.alloc(SHARDS_AT + positions.size * SHARD_BYTES, VERSION);
  bytes.writeUIntBE(catalogRevision, REVISION_AT, REVISION_BYTES);
  let at = SHARDS_AT;
  // In one order, so that equal tokens have equal texts.
  const entries = [...positions].map(([shard, position]) => [markOf(shard), position] as const);
  for (const [mark, position] of entries.sort(([a], [b]) => a - b)) {
    bytes.writeUInt32BE(mark, at);
    bytes.writeBigUInt64BE(position, at + MARK_BYTES);
    at += SHARD_BYTES;
  }
  return signed(bytes, key);
}

/** Most responses have the token of one before: positions change with heartbeats and writes. */
const recent = new WeakMap<KeyObject, LRUCache<string, string>>();
const REMEMBERED_TOKENS = 100;

function signed(bytes: Buffer, key: KeyObject): string {
  let texts = recent.get(key);
  if (texts === undefined) {
    texts = new LRUCache({ max: REMEMBERED_TOKENS });
    recent.set(key, texts);
  }
  const content = bytes.toString('latin1');
  const known = texts.get(content);
  if (known !== undefined) return known;
  const text = signText(bytes, PURPOSE, key);
  texts.set(content, text);
  return text;
}

/**
 * @param text one token, or several that are separated by commas, as HTTP joins header lines: all of them hold.
 * @throws AtlasError BAD_FRESHNESS unless each was made by this installation and is unchanged.
 */
export function decodeToken(text: string, scope: TokenScope): ConsistencyToken {
  if (text.length > MAX_LENGTH) throw refused('is too long');
  return text
    .split(',')
    .map((one) => decodeOne(one.trim(), scope))
    .reduce(furthestOf);
}

/** A token that is reached when both are, with the larger position of each shard and the later catalog. */
export function mergeTokens(a: ConsistencyToken | null, b: ConsistencyToken | null): ConsistencyToken | null {
  return a === null || b === null ? (a ?? b) : furthestOf(a, b);
}

function furthestOf(a: ConsistencyToken, b: ConsistencyToken): ConsistencyToken {
  return {
    positions: furthest(a.positions, b.positions),
    catalogRevision: Math.max(a.catalogRevision, b.catalogRevision),
  };
}

const OMIT_TOKEN = 'Omit the token once: the response has a new one.';

function decodeOne(text: string, { key, shards }: TokenScope): ConsistencyToken {
  const bytes = verifyText(text, PURPOSE, key);
  if (bytes === null) {
    if (isUnsigned(text)) {
      const remedy = 'omit it once: the response brings a new one';
      throw new AtlasError('BAD_FRESHNESS', `The consistency token was made before tokens were signed; ${remedy}.`, {
        hint: OMIT_TOKEN,
      });
    }
    throw refused('is malformed, was changed, or belongs to another installation');
  }
  if (bytes[0] !== VERSION) throw refused('was made by a later version of Atlas');
  const positions = new Map<ShardId, bigint>();
  for (let at = SHARDS_AT; at < bytes.length; at += SHARD_BYTES) {
    const shard = shards.get(bytes.readUInt32BE(at));
    if (shard === undefined) throw refused('names a shard that ATLAS_SHARDS of this server lacks');
    positions.set(shard, bytes.readBigUInt64BE(at + MARK_BYTES));
  }
  return { positions, catalogRevision: bytes.readUIntBE(REVISION_AT, REVISION_BYTES) };
}

function refused(fault: string): AtlasError {
  return new AtlasError(
    'BAD_FRESHNESS',
    `The consistency token ${fault}; expected one that a response of this installation carried, unchanged.`,
    { hint: OMIT_TOKEN },
  );
}

/** Versions 1 and 2 ended with a checksum. */
function isUnsigned(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url');
  const end = bytes.length - CHECKSUM_BYTES;
  return (bytes[0] === 1 || bytes[0] === 2) && end > 0 && crc32(bytes.subarray(0, end)) === bytes.readUInt32BE(end);
}
