/** So many bits that rounding the rest away cannot change the result, except through the sticky bit. */
const BITS = 66;

/** The float64 nearest to a fraction; infinite beyond the largest. @param denominator positive. */
export function nearestFloat(numerator: bigint, denominator: bigint): number {
  if (numerator < 0n) return -nearestFloat(-numerator, denominator);
  if (numerator === 0n) return 0;
  const shift = BITS + bitLength(denominator) - bitLength(numerator);
  const [above, below] =
    shift >= 0 ? [numerator << BigInt(shift), denominator] : [numerator, denominator << BigInt(-shift)];
  const quotient = above / below;
  const isExact = quotient * below === above;
  // In two steps, since a power of two of either sign may be beyond the range of floats.
  const half = Math.trunc(shift / 2);
  return Number(isExact ? quotient : quotient | 1n) * 2 ** -half * 2 ** -(shift - half);
}

/** The float64 nearest to the square root of a fraction. @param denominator positive. */
export function nearestRoot(numerator: bigint, denominator: bigint): number {
  if (numerator === 0n) return 0;
  const shift = Math.max(0, BITS + Math.ceil((bitLength(denominator) - bitLength(numerator)) / 2));
  const root = integerRoot((numerator << BigInt(2 * shift)) / denominator);
  return nearestFloat(root, 1n << BigInt(shift));
}

/** The largest integer whose square is at most the value, by Newton's method. */
function integerRoot(value: bigint): bigint {
  let root = 1n << BigInt(Math.ceil((bitLength(value) + 1) / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** At most 3 more than there are. */
function bitLength(value: bigint): number {
  return value.toString(16).length * 4;
}
