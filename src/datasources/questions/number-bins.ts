import { type BinSize, binShift, type NumberBin } from '../../domain/analytics/number-summary.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import type { EntitySource as ClickHouseSource } from '../clickhouse/entity-source.ts';
import type { EntitySource as PostgresSource } from '../postgres/reading/entity-source.ts';

/** The columns of a row that hold a NumberBin. Integers are decimal digits. */
export interface BinColumns {
  readonly bin: string;
  readonly entities: string;
  readonly low: number;
  readonly high: number;
  readonly mantissas: string;
  /** The square of a mantissa, h·2^27 + l, has 106 bits, so it is added up as h², hl and l². */
  readonly squares_high: string;
  readonly squares_middle: string;
  readonly squares_low: string;
}

const SQUARES = ['squares_high', 'squares_middle', 'squares_low'] as const;

export const BIN_COLUMNS = [
  ...['bin', 'entities', 'low', 'high', 'mantissas'],
  ...SQUARES,
] as const satisfies (keyof BinColumns)[];

const FRACTION = 2 ** 52 - 1;
const LEADING_BIT = 2 ** 52;
const LOW_BITS = 27;
const LOW_MASK = 2 ** LOW_BITS - 1;

/** What is asked of the bins. */
interface AskedBins {
  /** A number. */
  readonly attribute: AttributeDefinition;
  readonly binSize: BinSize;
  /** Otherwise, squares are 0. */
  readonly hasSquares: boolean;
}

/**
 * A select of `keys` and the bins of a number, one row for each. Adding 0 makes -0 to 0. OFFSET 0 keeps the planner from computing the bits
 * once for each place where they are used.
 * @param keys names of columns. @param selected those columns, each followed by a comma.
 */
export function postgresBins(
  source: PostgresSource,
  { attribute, binSize, hasSquares }: AskedBins,
  { keys, selected, limit }: { readonly keys: readonly string[]; readonly selected: string; readonly limit: string },
): string {
  const given = keys.map((key) => `${key}, `).join('');
  const numbers = source.select(`${selected}${source.value(attribute, 'required')} + 0 AS number`);
  const bits = `SELECT ${given}number, float8send(number)::bigint AS bits FROM (${numbers}\nOFFSET 0) n OFFSET 0`;
  const mantissa = `bits & ${FRACTION} | CASE WHEN bits >> 52 & 2047 > 0 THEN ${LEADING_BIT} ELSE 0 END AS mantissa`;
  const mantissas = `SELECT ${given}number, bits >> ${binShift(binSize)} AS bin, ${mantissa} FROM (${bits}) b OFFSET 0`;
  const [high, low] = [`(mantissa >> ${LOW_BITS})`, `(mantissa & ${LOW_MASK})`];
  const squares = [`${high} * ${high}`, `${high} * ${low}`, `${low} * ${low}`].map((factors, place) => {
    const name = SQUARES[place];
    return hasSquares ? `sum(${factors}) AS ${name}` : `0 AS ${name}`;
  });
  return `SELECT ${given}bin, count(*) AS entities, min(number) AS low, max(number) AS high, sum(mantissa) AS mantissas,
  ${squares.join(', ')}
FROM (${mantissas}) m GROUP BY ${given}bin LIMIT ${limit}`;
}

/** The same of ClickHouse, whose sums of 64 bits would overflow: 1,024 mantissas, and 4,096 squares of half of one. Halves of mantissas are added up in 64 bits. */
export function clickhouseBins(
  source: ClickHouseSource,
  { attribute, binSize, hasSquares }: AskedBins,
  { keys, selected, limit }: { readonly keys: readonly string[]; readonly selected: string; readonly limit: string },
): string {
  const number = `(assumeNotNull(${source.value(attribute, 'required')}) + 0) AS number`;
  const bits = `(reinterpretAsInt64(${number}) AS bits)`;
  const leading = `if(bitAnd(bitShiftRight(bits, 52), 2047) > 0, ${LEADING_BIT}, 0)`;
  const mantissa = `(toInt64(bitOr(bitAnd(bits, ${FRACTION}), ${leading})) AS mantissa)`;
  const high = `(bitShiftRight(${mantissa}, ${LOW_BITS}) AS high_bits)`;
  const low = `(bitAnd(mantissa, ${LOW_MASK}) AS low_bits)`;
  const squares = ['high_bits * high_bits', 'high_bits * low_bits', 'low_bits * low_bits'].map((factors, place) => {
    const name = SQUARES[place];
    return hasSquares ? `sum(toInt128(${factors})) AS ${name}` : `0 AS ${name}`;
  });
  return source.select(
    `${selected}bitShiftRight(${bits}, ${binShift(binSize)}) AS bin, count() AS entities, min(number) AS low, max(number) AS high,
  toInt128(sum(${high})) * ${2 ** LOW_BITS} + sum(${low}) AS mantissas, ${squares.join(', ')}`,
    `GROUP BY ${[...keys, 'bin'].join(', ')} LIMIT ${limit}`,
  );
}

export function binOf(row: BinColumns): NumberBin {
  const squares =
    (BigInt(row.squares_high) << BigInt(2 * LOW_BITS)) +
    (BigInt(row.squares_middle) << BigInt(LOW_BITS + 1)) +
    BigInt(row.squares_low);
  return {
    bin: Number(row.bin),
    count: BigInt(row.entities),
    min: row.low,
    max: row.high,
    sum: BigInt(row.mantissas),
    squares,
  };
}
