/**
 * Orders texts as their UTF-8 bytes order, which is Postgres' COLLATE "C" and ClickHouse's order. JavaScript's own `<`
 * goes by UTF-16 units and puts U+E000…U+FFFF after the characters beyond U+FFFF.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** Lifts surrogates, which stand for characters beyond U+FFFF, over every other unit. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
