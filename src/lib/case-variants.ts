const HAS_CASE = /[\p{Changes_When_Casefolded}\p{Changes_When_Casemapped}]/u;
/** No character beyond has a case. */
const LAST_CODE_POINT = 0x1ffff;

let cased: string | null = null;
const known = new Map<string, string>();

/**
 * All characters that differ from this one at most in case, as one text: `k` has `Kk` and the Kelvin sign. By Unicode's simple case folding,
 * which knows no language and maps one character to one: `ß` has `ẞ` but is not `ss`, `σ` has `Σ` and `ς`, and `İ` has no variants.
 * @param character one code point.
 */
export function caseVariants(character: string): string {
  if (!HAS_CASE.test(character)) return character;
  const found = known.get(character) ?? variantsOf(character);
  known.set(character, found);
  return found;
}

/** JavaScript's expressions compare by simple case folding if they ignore case and know Unicode. */
function variantsOf(character: string): string {
  cased ??= charactersWithCase();
  return (cased.match(new RegExp(character, 'giu')) ?? [character]).join('');
}

function charactersWithCase(): string {
  const found: string[] = [];
  for (let point = 0; point <= LAST_CODE_POINT; point++) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    const character = String.fromCodePoint(point);
    if (HAS_CASE.test(character)) found.push(character);
  }
  return found.join('');
}
