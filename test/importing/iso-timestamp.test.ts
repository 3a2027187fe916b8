import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIsoTimestamp } from '../../src/importing/iso-timestamp.ts';

describe('parseIsoTimestamp', () => {
  it.each([
    ['2024-05-31', '2024-05-31T00:00:00.000Z'],
    ['2024-05-31 12:34', '2024-05-31T12:34:00.000Z'],
    ['2024-05-31T12:34:56', '2024-05-31T12:34:56.000Z'],
    ['2024-05-31T12:34:56.7Z', '2024-05-31T12:34:56.700Z'],
    ['2024-05-31T12:34:56.123456+02:00', '2024-05-31T10:34:56.123Z'],
    ['2024-05-31T12:34:56-0530', '2024-05-31T18:04:56.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(new Date(parseIsoTimestamp(text) ?? Number.NaN).toISOString()).toBe(expected);
  });

  it.each([
    '2024',
    '2024-05',
    '20240531',
    '31.05.2024',
    '05/31/2024',
    'Jun 12 1998',
    '2023-02-29',
    '2024-13-01',
    '2024-05-31T24:00',
    '2024-05-31T12:34:60',
    '2024-05-31T12',
    '2024-05-31Z',
    '0000-01-01',
    '0001-01-01T00:00+01:00',
    '2024-05-31T12:34:56+99:00',
    '12:34:56',
    '1517966773840',
  ])('does not take %s for a timestamp', (text) => {
    expect(parseIsoTimestamp(text)).toBeNull();
  });

  it('reads what toISOString writes, from year 1 to 9999', () => {
    const dates = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseIsoTimestamp(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});
