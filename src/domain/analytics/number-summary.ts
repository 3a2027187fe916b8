import { nearestFloat, nearestRoot } from '../../lib/nearest-float.ts';

/**
 * The numbers of a group whose float64 begins with the same bits: sign, exponent, and perhaps the first of the mantissa. In a bin, all have
 * one sign and one exponent, so their sum is that of their mantissas, which are integers: it is exact on every engine, in whatever
 * order they are added.
 */
export interface NumberBin {
  /** The leading bits as a signed integer: the float's bits, shifted right by `binShift`. */
  readonly bin: number;
  readonly count: bigint;
  readonly min: number;
  readonly max: number;
  /** Of the mantissas as integers of 53 bits, without their sign. */
  readonly sum: bigint;
  /** Of the mantissas' squares. */
  readonly squares: bigint;
}

/**
 * `exponent`: one bin for each power of two, which is all that sums need. `quantile`: 128 bins for each, so that the numbers of a bin
 * differ by less than 1/128, and its middle is at most 1/256 from each of them.
 */
export type BinSize = 'exponent' | 'quantile';

const MANTISSA_BITS = 52;
const MANTISSA_BITS_OF_BIN: Readonly<Record<BinSize, number>> = { exponent: 0, quantile: 7 };
const MAX_EXPONENT = 0x7ff;
/** The smallest float64 is 2^-1074; exponents count from it. */
const SMALLEST = 1074;
const ONE = 1n << BigInt(SMALLEST);

/** By how many bits a float's bits are shifted to get its bin. */
export function binShift(size: BinSize): number {
  return MANTISSA_BITS - MANTISSA_BITS_OF_BIN[size];
}

interface Counted {
  count: bigint;
  min: number;
  max: number;
}

/** Count, extremes, sum, mean, standard deviation and quantiles of the numbers in some bins, over any number of sources. */
export class NumberSummary {
  readonly #size: BinSize;
  readonly #bins = new Map<number, Counted>();
  #count = 0n;
  /** Exact, in units of 2^-1074. */
  #sum = 0n;
  /** Exact, in units of 2^-2148. */
  #squares = 0n;
  #sorted: readonly Counted[] | null = null;

  constructor(size: BinSize) {
    this.#size = size;
  }

  add({ bin, count, min, max, sum, squares }: NumberBin): void {
    const exponent = (bin >> MANTISSA_BITS_OF_BIN[this.#size]) & MAX_EXPONENT;
    // Those of exponent 0 have the scale of exponent 1, without its leading bit.
    const scale = BigInt(Math.max(exponent, 1) - 1);
    this.#count += count;
    this.#sum += (bin < 0 ? -sum : sum) << scale;
    this.#squares += squares << (2n * scale);
    const known = this.#bins.get(bin);
    if (known === undefined) {
      this.#bins.set(bin, { count, min, max });
    } else {
      known.count += count;
      known.min = Math.min(known.min, min);
      known.max = Math.max(known.max, max);
    }
    this.#sorted = null;
  }

  get count(): bigint {
    return this.#count;
  }

  get min(): number | null {
    return this.#inOrder[0]?.min ?? null;
  }

  get max(): number | null {
    return this.#inOrder.at(-1)?.max ?? null;
  }

  /** Correctly rounded; null without numbers, and beyond the largest float. */
  get sum(): number | null {
    return this.#count === 0n ? null : finite(nearestFloat(this.#sum, ONE));
  }

  /** Correctly rounded. */
  get mean(): number | null {
    return this.#count === 0n ? null : nearestFloat(this.#sum, this.#count * ONE);
  }

  /** Of the numbers as the whole population. */
  get stddev(): number | null {
    return this.#count === 0n ? null : this.#deviation(this.#count);
  }

  /** Of the population that the numbers are a sample of; null for a single number. */
  get stddevSample(): number | null {
    return this.#count < 2n ? null : this.#deviation(this.#count - 1n);
  }

  /**
   * The number at the rank ⌈level · count⌉ in ascending order, as SQL's percentile_disc; null without numbers. In bins of the size `quantile`, at
   * most 0.4 % from it, and exact if it is the least or greatest of its bin.
   * @param level from 0 to 1.
   */
  quantile(level: number): number | null {
    const rank = BigInt(Math.max(1, Math.ceil(level * Number(this.#count))));
    let before = 0n;
    for (const { count, min, max } of this.#inOrder) {
      if (before + count < rank) {
        before += count;
        continue;
      }
      if (rank === before + 1n) return min;
      return rank === before + count ? max : min + (max - min) / 2;
    }
    return this.max;
  }

  #deviation(divisor: bigint): number | null {
    const squares = this.#count * this.#squares - this.#sum * this.#sum;
    return finite(nearestRoot(squares, this.#count * divisor * ONE * ONE));
  }

  /** The bins do not overlap. */
  get #inOrder(): readonly Counted[] {
    this.#sorted ??= [...this.#bins.values()].sort((a, b) => a.min - b.min);
    return this.#sorted;
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
