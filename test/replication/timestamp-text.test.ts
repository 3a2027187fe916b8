import { describe, expect, it } from 'vitest';
import { exactTimestampMs, timestampMs } from '../../src/replication/timestamp-text.ts';

describe('a timestamp as Postgres prints it, or in RFC 3339', () => {
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
    ['2024-02-29T12:34:56.789123Z', '2024-02-29T12:34:56.789Z'],
    ['2024-02-29T12:34:56.7+05:30', '2024-02-29T07:04:56.700Z'],
  ])('%s is %s', (text, iso) => {
    expect(new Date(timestampMs(text)).toISOString()).toBe(iso);
  });

  it('keeps microseconds', () => {
    expect(exactTimestampMs('2024-02-29 12:34:56.123456+00')).toBe(Date.UTC(2024, 1, 29, 12, 34, 56) + 123.456);
  });

  it('is refused if it is not a timestamp', () => {
    expect(() => timestampMs('infinity')).toThrow(RangeError);
  });
});
