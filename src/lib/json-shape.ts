import { randomInt } from 'node:crypto';

export interface JsonShapeLimits {
  /** Of objects and lists within each other. */
  readonly depth: number;
  /** Different names of members, over all objects. */
  readonly names: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const SEEN_BITS = 22;
/** Differs between processes, so that nobody can choose names that are taken for one. */
const MULTIPLIER = 2 * randomInt(2 ** 29, 2 ** 30) + 1;

/**
 * Which limit a JSON text exceeds; null if none. What `JSON.parse` is slow at is deep nesting and many different names: a microsecond each.
 * This looks at the bytes once, in a few milliseconds for a megabyte. The number of names is a little too small if there are hundreds of thousands. Of a
 * text that is not JSON, it says anything.
 */
export function exceedsShape(json: Buffer, limits: JsonShapeLimits): keyof JsonShapeLimits | null {
  const seen = new Uint32Array(2 ** SEEN_BITS / 32);
  let names = 0;
  let depth = 0;
  /** Of the text before. */
  let [from, to] = [0, 0];
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case QUOTE:
        from = at + 1;
        at = endOfText(json, from);
        to = at;
        break;
      case COLON:
        names += isNew(seen, hash(json, from, to)) ? 1 : 0;
        if (names > limits.names) return 'names';
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > limits.depth) return 'depth';
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
      default:
    }
  }
  return null;
}

/** The position of the quote that ends the text, or of the end of everything. */
function endOfText(json: Buffer, from: number): number {
  for (let at = from; ; at++) {
    at = json.indexOf(QUOTE, at);
    if (at < 0) return json.length;
    let backslashes = 0;
    while (at - backslashes > from && json[at - backslashes - 1] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
}

/** Its end is that of MurmurHash3: short names differ in few bits. */
function hash(json: Buffer, from: number, to: number): number {
  let hashed = MULTIPLIER;
  for (let at = from; at < to; at++) hashed = Math.imul(hashed ^ (json[at] ?? 0), MULTIPLIER) + (hashed >>> 15);
  hashed = Math.imul(hashed ^ (hashed >>> 16), 0x85ebca6b);
  hashed = Math.imul(hashed ^ (hashed >>> 13), 0xc2b2ae35);
  return hashed >>> (32 - SEEN_BITS);
}

function isNew(seen: Uint32Array, bit: number): boolean {
  const [word, mask] = [bit >>> 5, 1 << (bit & 31)];
  const before = seen[word] ?? 0;
  seen[word] = before | mask;
  return (before & mask) === 0;
}
