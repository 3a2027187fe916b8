import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const DIGITS = /^-?[0-9]{1,19}$/;

/** A JSON number as long as JavaScript holds it exactly, a string of digits beyond; either on input. */
export const bigIntScalar = new GraphQLScalarType<bigint, number | string>({
  name: 'BigInt',
  serialize(value) {
    if (typeof value !== 'bigint') throw new TypeError(`BigInt cannot represent a ${typeof value}`);
    const exact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
    return exact ? Number(value) : value.toString();
  },
  parseValue(value) {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
    if (typeof value === 'string') return parseDigits(value);
    throw refusal();
  },
  parseLiteral(node) {
    if (node.kind === Kind.INT || node.kind === Kind.STRING) return parseDigits(node.value);
    throw refusal();
  },
});

function parseDigits(text: string): bigint {
  if (!DIGITS.test(text)) throw refusal();
  const value = BigInt(text);
  if (value < MIN || value > MAX) throw refusal();
  return value;
}

function refusal(): GraphQLError {
  return new GraphQLError(
    'A BigInt is a whole number of at most 64 bits: a JSON number up to 2^53, or a string of digits.',
  );
}
