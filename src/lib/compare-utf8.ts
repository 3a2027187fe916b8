/**
 * Compares texts by their UTF-8 bytes, like Postgres' COLLATE "C" and ClickHouse. JavaScript's `<` compares UTF-16 code
 * units and orders U+E000…U+FFFF after the characters beyond U+FFFF.
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

/** Ranks surrogates, which encode characters beyond U+FFFF, above all other code units. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
