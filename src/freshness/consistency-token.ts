import { crc32 } from 'node:zlib';
import { AtlasError } from '../domain/errors.ts';
import type { ShardId } from '../domain/identifiers.ts';
import { furthest, type Positions } from './positions.ts';

/** What a read must have reached. */
export interface ConsistencyToken {
  /** Identifies the set of clusters, so that a token of another installation is refused. */
  readonly cluster: string;
  readonly positions: Positions;
  /** The revision of the attribute catalog; 0 if the token needs none. */
  readonly catalogRevision: number;
}

/** The installation whose tokens are accepted. */
export interface TokenScope {
  /** A UUID. */
  readonly cluster: string;
  readonly shards: readonly ShardId[];
}

/** Version 1 had no catalog revision. Clients may still hold such tokens while an installation is upgraded. */
type Version = 1 | 2;
const VERSION: Version = 2;
const COUNT_AT = 17;
const REVISION_AT = 19;
const HEADER_BYTES: Readonly<Record<Version, number>> = { 1: REVISION_AT, 2: REVISION_AT + 6 };
const CHECKSUM_BYTES = 4;
/** Far more than any token needs; longer text is refused unread. */
const MAX_TOKEN_LENGTH = 16_384;

/**
 * The opaque form: base64url of version, cluster, number of shards, catalog revision (6 bytes), (length, shard, position) of
 * each shard, CRC-32 of all that. It contains no secret, and a forged token can only make its own read wait, fall back or fail.
 */
export function encodeToken(token: ConsistencyToken): string {
  const header = Buffer.alloc(HEADER_BYTES[VERSION], VERSION);
  header.write(token.cluster.replaceAll('-', ''), 1, 'hex');
  header.writeUInt16BE(token.positions.size, COUNT_AT);
  header.writeUIntBE(token.catalogRevision, REVISION_AT, 6);
  const entries = [...token.positions].map(([shard, position]) => {
    const name = Buffer.from(shard, 'utf8');
    const lsn = Buffer.alloc(8);
    lsn.writeBigUInt64BE(position);
    return Buffer.concat([Buffer.of(name.length), name, lsn]);
  });
  const body = Buffer.concat([header, ...entries]);
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([body, checksum]).toString('base64url');
}

/** @throws AtlasError BAD_FRESHNESS if `text` is not a token of this installation and its shards. */
export function decodeToken(text: string, scope: TokenScope): ConsistencyToken {
  const token = text.length <= MAX_TOKEN_LENGTH ? readToken(Buffer.from(text, 'base64url'), text) : null;
  if (token === null) {
    throw new AtlasError(
      'BAD_FRESHNESS',
      'The consistency token is malformed; expected one that a mutation returned, unchanged.',
    );
  }
  const known = token.cluster === scope.cluster && [...token.positions.keys()].every((id) => scope.shards.includes(id));
  if (!known) {
    throw new AtlasError(
      'BAD_FRESHNESS',
      'The consistency token belongs to another installation; expected one that a mutation of this installation returned.',
    );
  }
  return token;
}

/** A token that is reached when both are, with the larger position of each shard and the later catalog. */
export function mergeTokens(a: ConsistencyToken | null, b: ConsistencyToken | null): ConsistencyToken | null {
  if (a === null || b === null) return a ?? b;
  return {
    cluster: a.cluster,
    positions: furthest(a.positions, b.positions),
    catalogRevision: Math.max(a.catalogRevision, b.catalogRevision),
  };
}

function readToken(bytes: Buffer, text: string): ConsistencyToken | null {
  const end = bytes.length - CHECKSUM_BYTES;
  const [version] = bytes;
  if ((version !== 1 && version !== 2) || end < HEADER_BYTES[version]) return null;
  if (bytes.toString('base64url') !== text) return null;
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) return null;
  const positions = new Map<ShardId, bigint>();
  let at = HEADER_BYTES[version];
  for (let remaining = bytes.readUInt16BE(COUNT_AT); remaining > 0; remaining--) {
    const position = at + 1 + (at < end ? bytes.readUInt8(at) : end);
    if (position + 8 > end) return null;
    positions.set(bytes.toString('utf8', at + 1, position), bytes.readBigUInt64BE(position));
    at = position + 8;
  }
  if (at !== end) return null;
  return {
    cluster: formatUuid(bytes.toString('hex', 1, COUNT_AT)),
    positions,
    catalogRevision: version === 1 ? 0 : bytes.readUIntBE(REVISION_AT, 6),
  };
}

function formatUuid(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
