import type { SchemaElement } from 'hyparquet';
import type { JsonValue } from '../../../lib/canonical-json.ts';
import { exactNumber } from '../../exact-number.ts';
import { parseExactJson } from '../exact-json.ts';
import type { RawValue } from '../row-source.ts';
import { isoDuration, isoInterval, isoTimeOfDay } from './iso-time.ts';

/** A stored value that no cell can hold. Its row is rejected. The message continues "Column … ". */
export class UnreadableValueError extends Error {
  constructor(
    message: string,
    /** The value for the reject file. */
    readonly shown: JsonValue,
  ) {
    super(message);
  }
}

/** Converts what the decoder returns for a value, never null, to a cell. @throws UnreadableValueError */
type LeafReader = (stored: unknown) => RawValue;

export interface Leaf {
  /** The element as the decoder must see it, so that it returns the value without losing anything. */
  readonly element: SchemaElement;
  readonly read: LeafReader;
}

const NANOSECONDS = { MILLIS: 1_000_000n, MICROS: 1_000n, NANOS: 1n } as const;
const MILLISECOND = NANOSECONDS.MILLIS;

/** Functions for the decoder. Their results are passed to the leaf reader. */
export const PARSERS = {
  stringFromBytes: (bytes: Uint8Array): unknown => attemptRead(bytes, 'is not valid UTF-8', decodeText),
  jsonFromBytes: (bytes: Uint8Array): unknown =>
    attemptRead(bytes, 'is not valid JSON', (text) => parseExactJson(decodeText(text))),
  /** INT96. */
  timestampFromNanoseconds: (nanoseconds: bigint): unknown => nanoseconds,
};

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const decodeText = (bytes: Uint8Array): string => UTF8.decode(bytes);

/** The decoder converts whole pages, so that an error is returned, and thrown for the one row by the leaf reader. */
function attemptRead(bytes: Uint8Array, problem: string, read: (bytes: Uint8Array) => unknown): unknown {
  try {
    return read(bytes);
  } catch {
    return new UnreadableValueError(problem, base64(bytes));
  }
}

/** How to read a column of primitive values. `durationUnit` as in ArrowField. */
export function leafOf(element: SchemaElement, durationUnit: bigint | null): Leaf {
  const { type, converted_type: converted, logical_type: logical, scale = 0 } = element;
  const plain = withoutType(element);
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    return {
      element: plain,
      read: (stored) => decimal(unscaled(stored), logical?.type === 'DECIMAL' ? logical.scale : scale),
    };
  }
  if (logical?.type === 'FLOAT16' || logical?.type === 'UUID') return { element, read: decoded };
  if (logical?.type === 'GEOMETRY' || logical?.type === 'GEOGRAPHY') return { element, read: decoded };
  if (converted === 'JSON' || logical?.type === 'JSON') {
    return { element: { ...plain, converted_type: 'JSON' }, read: decoded };
  }
  if (isText(element)) return { element: { ...plain, converted_type: 'UTF8' }, read: decoded };
  if (converted === 'INTERVAL') return { element: plain, read: (stored) => interval(stored as Uint8Array) };
  if (converted === 'DATE' || logical?.type === 'DATE') {
    return { element: plain, read: (stored) => moment(toBigInt(stored) * 86_400_000n) };
  }
  const time = timeUnit(element, 'TIME');
  if (time !== null) return { element: plain, read: (stored) => timeOfDay(toBigInt(stored) * time) };
  const timestamp = timeUnit(element, 'TIMESTAMP');
  if (timestamp !== null) return { element: plain, read: (stored) => momentOf(toBigInt(stored) * timestamp) };
  if (type === 'INT96') return { element: plain, read: (stored) => momentOf(toBigInt(stored)) };
  if (durationUnit !== null && type === 'INT64') {
    return { element: plain, read: (stored) => isoDuration(toBigInt(stored) * durationUnit) };
  }
  const bits = unsignedBits(element);
  if (bits !== null) return { element: plain, read: (stored) => integer(BigInt.asUintN(bits, toBigInt(stored))) };
  return { element: plain, read: primitive };
}

function withoutType({ converted_type: _converted, logical_type: _logical, ...plain }: SchemaElement): SchemaElement {
  return plain;
}

function isText({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === 'UTF8' || converted === 'ENUM' || logical?.type === 'STRING' || logical?.type === 'ENUM';
}

/** Nanoseconds of one unit of a time of day or timestamp; null for another type. */
function timeUnit({ converted_type, logical_type }: SchemaElement, kind: 'TIME' | 'TIMESTAMP'): bigint | null {
  if (logical_type?.type === kind) return NANOSECONDS[logical_type.unit];
  if (converted_type === `${kind}_MILLIS`) return NANOSECONDS.MILLIS;
  return converted_type === `${kind}_MICROS` ? NANOSECONDS.MICROS : null;
}

function unsignedBits({ type, converted_type, logical_type }: SchemaElement): 32 | 64 | null {
  const unsigned =
    logical_type?.type === 'INTEGER' ? !logical_type.isSigned : converted_type?.startsWith('UINT_') === true;
  if (!unsigned) return null;
  return type === 'INT64' ? 64 : 32;
}

/** The value as the decoder returns it, after PARSERS. */
function decoded(stored: unknown): RawValue {
  if (stored instanceof UnreadableValueError) throw stored;
  return stored as RawValue;
}

function primitive(stored: unknown): RawValue {
  if (typeof stored === 'bigint') return integer(stored);
  return stored instanceof Uint8Array ? base64(stored) : (stored as RawValue);
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

const toBigInt = (stored: unknown): bigint => (typeof stored === 'bigint' ? stored : BigInt(stored as number));

const integer = (value: bigint): RawValue => exactNumber(String(value)) ?? String(value);

/** A decimal number, or its digits if a double does not keep all of them or is shown with fewer. */
function decimal(value: bigint, scale: number): RawValue {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = digits.slice(point).replace(/0+$/, '');
  const literal = `${value < 0n ? '-' : ''}${digits.slice(0, point)}${fraction === '' ? '' : `.${fraction}`}`;
  const number = exactNumber(literal);
  return number !== null && (digits.length <= 15 || String(number) === literal) ? number : literal;
}

/** The integer of a decimal: a number, or big-endian two's complement. */
function unscaled(stored: unknown): bigint {
  if (!(stored instanceof Uint8Array)) return toBigInt(stored);
  const hex = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString('hex');
  return hex === '' ? 0n : BigInt.asIntN(stored.length * 8, BigInt(`0x${hex}`));
}

function timeOfDay(nanoseconds: bigint): string {
  const text = isoTimeOfDay(nanoseconds);
  if (text !== null) return text;
  throw new UnreadableValueError('is not a time of day; expected 00:00 to less than 24:00', `${nanoseconds} ns`);
}

function interval(stored: Uint8Array): string {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  return isoInterval(view.getUint32(0, true), view.getUint32(4, true), view.getUint32(8, true));
}

/** Digits beyond milliseconds are cut off, as in text. */
function momentOf(nanoseconds: bigint): Date {
  const truncated = nanoseconds / MILLISECOND;
  return moment(nanoseconds < 0n && nanoseconds % MILLISECOND !== 0n ? truncated - 1n : truncated);
}

function moment(milliseconds: bigint): Date {
  const date = new Date(Number(milliseconds));
  if (!Number.isNaN(date.getTime())) return date;
  throw new UnreadableValueError('is not a moment that a timestamp can hold', `${milliseconds} ms since 1970`);
}
