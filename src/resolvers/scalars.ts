import { GraphQLError, GraphQLScalarType, GraphQLString, Kind, print } from 'graphql';
import { GraphQLDateTimeISO, GraphQLJSON } from 'graphql-scalars';

const MIN_BIG_INT = -(2n ** 63n);
const MAX_BIG_INT = 2n ** 63n - 1n;
const MAX_INT = 2 ** 31 - 1;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
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

/** RFC 3339 with any offset, or a date alone, on input; UTC with milliseconds on output. */
export const dateTimeScalar = new GraphQLScalarType<Date, string>({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  parseValue: parseMoment,
  parseLiteral(node) {
    if (node.kind !== Kind.STRING) throw notAMoment(print(node));
    return parseMoment(node.value);
  },
});

export const jsonScalar = GraphQLJSON;

/** The number as GraphQL's Int can carry it: 32 bits. */
export function clampedInt(value: number): number {
  return Math.min(value, MAX_INT);
}

function parseMoment(value: unknown): Date {
  if (typeof value !== 'string') throw notAMoment(JSON.stringify(value));
  try {
    return GraphQLDateTimeISO.parseValue(DATE.test(value) ? `${value}T00:00:00.000Z` : value);
  } catch {
    throw notAMoment(JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value));
  }
}

function notAMoment(shown: string): GraphQLError {
  return new GraphQLError(
    `Invalid DateTime ${shown}; expected a time with its UTC offset, such as "2026-03-01T12:00:00Z", or a date, such as "2026-03-01", which is its first moment in UTC.`,
  );
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
