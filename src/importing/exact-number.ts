const LITERAL = /^-?([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?$/;
const INTEGER = /^-?[0-9]+$/;
/** Up to so many significant digits a double gives back what was written, unless the exponent is extreme. */
const ALWAYS_EXACT_DIGITS = 15;
/** Limit of Number.prototype.toPrecision. */
const MAX_PRECISION = 100;

/**
 * The number that a decimal literal denotes, if a double gives back every digit that was written (`0.1`, `1e300`); null if it
 * does not, or if the literal is too large for a double. An integer without exponent must be at most 2^53 - 1 in size, so that its
 * neighbors are different doubles.
 */
export function exactNumber(literal: string): number | null {
  const value = Number(literal);
  if (!Number.isFinite(value)) return null;
  if (INTEGER.test(literal)) return Number.isSafeInteger(value) ? value : null;
  if (literal.length <= ALWAYS_EXACT_DIGITS && !/[eE]/.test(literal)) return value;
  const written = significandOf(literal);
  if (written.digits === '') return value;
  if (value === 0 || written.digits.length > MAX_PRECISION) return null;
  // The shortest form may round a tie differently than the form with as many digits as were written.
  const kept = [value.toPrecision(written.digits.length), String(value)].map(significandOf);
  return kept.some(({ digits, exponent }) => digits === written.digits && exponent === written.exponent) ? value : null;
}

/** The digits without leading and trailing zeros, and the power of ten of the last one. No digits if the value is 0. */
function significandOf(literal: string): { readonly digits: string; readonly exponent: number } {
  const [, whole = '', fraction = '', power = '0'] = LITERAL.exec(literal) ?? [];
  const trimmed = (whole + fraction).replace(/0+$/, '');
  const exponent = Number(power) - fraction.length + (whole.length + fraction.length - trimmed.length);
  return { digits: trimmed.replace(/^0+/, ''), exponent };
}
