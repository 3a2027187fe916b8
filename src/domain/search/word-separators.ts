const SEPARATOR = /[\p{P}\p{S}\p{Z}\p{Cc}]/u;
/** No character beyond separates words. */
const LAST_CODE_POINT = 0x1ffff;

let ranges: string | null = null;

/**
 * The characters between words, as the ranges of a class in a regular expression: punctuation, symbols, spaces and control characters.
 * They are listed, so that an engine need not know them: what Unicode calls a symbol depends on its version.
 */
export function wordSeparators(): string {
  ranges ??= listed();
  return ranges;
}

function listed(): string {
  const found: string[] = [];
  let first: number | null = null;
  for (let point = 1; point <= LAST_CODE_POINT; point++) {
    const isSurrogate = point >= 0xd800 && point <= 0xdfff;
    if (!isSurrogate && SEPARATOR.test(String.fromCodePoint(point))) {
      first ??= point;
    } else if (first !== null) {
      found.push(range(first, point - 1));
      first = null;
    }
  }
  return found.join('');
}

function range(first: number, last: number): string {
  return first === last ? character(first) : `${character(first)}-${character(last)}`;
}

/** Brackets have a meaning of their own in a class. */
function character(point: number): string {
  const text = String.fromCodePoint(point);
  return /[[\]\\^-]/.test(text) ? `\\${text}` : text;
}
