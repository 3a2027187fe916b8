import { GraphQLError, GraphQLScalarType, GraphQLString, Kind } from 'graphql';
import { GraphQLDateTimeISO, GraphQLJSON } from 'graphql-scalars';

const MIN_BIG_INT = -(2n ** 63n);
const MAX_BIG_INT = 2n ** 63n - 1n;
const MAX_INT = 2 ** 31 - 1;
const DIGITS = /^-?[0-9]{1,19}$/;

/** Serialized as a JSON number if JavaScript represents it exactly, otherwise as a string of digits. Accepts both. */
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

/** Decoded where it is used: only the request knows which installation's tokens are valid. */
export const consistencyTokenScalar = new GraphQLScalarType<string, string>({
  ...GraphQLString.toConfig(),
  name: 'ConsistencyToken',
});

/** RFC 3339 with any offset on input; UTC with milliseconds on output. */
export const dateTimeScalar = new GraphQLScalarType<Date, string>({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
});

export const jsonScalar = GraphQLJSON;

/** The number as GraphQL's Int can carry it: 32 bits. */
export function clampedInt(value: number): number {
  return Math.min(value, MAX_INT);
}

function parseDigits(text: string): bigint {
  if (!DIGITS.test(text)) throw refusal();
  const value = BigInt(text);
  if (value < MIN_BIG_INT || value > MAX_BIG_INT) throw refusal();
  return value;
}

function refusal(): GraphQLError {
  return new GraphQLError(
    'Invalid BigInt; expected a whole number of at most 64 bits, as a JSON number up to 2^53 or a string of digits.',
  );
}
