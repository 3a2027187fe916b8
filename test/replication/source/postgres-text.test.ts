import { describe, expect, it } from 'vitest';
import { formatLsn, parseLsn } from '../../../src/replication/source/lsn.ts';
import { timestampMicros, timestampMs } from '../../../src/replication/source/postgres-timestamp.ts';

describe('a position in the WAL', () => {
  it.each(['0/0', '16/B374D848', 'FFFFFFFF/FFFFFFFF', '1/0'])('%s is read and written', (text) => {
    expect(formatLsn(parseLsn(text))).toBe(text);
  });

  it('is read with leading zeros', () => {
    expect(parseLsn('00000001/0000000A')).toBe(0x10000000an);
  });
});

describe('a timestamp as Postgres prints it', () => {
  it.each([
    ['2024-02-29 12:34:56.789+00', '2024-02-29T12:34:56.789Z'],
    ['2024-02-29 12:34:56+00', '2024-02-29T12:34:56.000Z'],
    ['2024-02-29 12:34:56.7+05:30', '2024-02-29T07:04:56.700Z'],
    ['2024-02-29 12:34:56-08', '2024-02-29T20:34:56.000Z'],
    ['0099-01-01 00:00:00.001+00', '0099-01-01T00:00:00.001Z'],
    ['1883-11-18 12:03:58-07:52:58', '1883-11-18T19:56:56.000Z'],
    ['12024-01-01 00:00:00.5+00', '+012024-01-01T00:00:00.500Z'],
    ['0044-03-15 00:00:00+00 BC', '-000043-03-15T00:00:00.000Z'],
    ['1969-12-31 23:59:59.999+00', '1969-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, iso) => {
    expect(new Date(timestampMs(text)).toISOString()).toBe(iso);
  });

  it('keeps microseconds', () => {
    expect(timestampMicros('2024-02-29 12:34:56.123456+00')).toBe(Date.UTC(2024, 1, 29, 12, 34, 56) * 1000 + 123_456);
  });

  it('is refused when it is none', () => {
    expect(() => timestampMs('infinity')).toThrow(RangeError);
  });
});
