import { describe, expect, it } from 'vitest';
import { periodStarts, type TimeInterval } from '../../../src/domain/analytics/periods.ts';
import { TimeZone } from '../../../src/domain/analytics/time-zone.ts';

function starts(interval: TimeInterval, zone: string, first: string, last: string): string[] {
  const range = { first: Date.parse(first), last: Date.parse(last) };
  return periodStarts(range, interval, new TimeZone(zone), 10_000).map((at) => new Date(at).toISOString());
}

describe('periods', () => {
  it.each<[TimeInterval, string[]]>([
    ['MINUTE', ['2026-01-01T12:34:00.000Z', '2026-01-01T12:35:00.000Z']],
    ['HOUR', ['2026-01-01T12:00:00.000Z']],
    ['DAY', ['2026-01-01T00:00:00.000Z']],
    ['WEEK', ['2025-12-29T00:00:00.000Z']],
    ['MONTH', ['2026-01-01T00:00:00.000Z']],
    ['QUARTER', ['2026-01-01T00:00:00.000Z']],
    ['YEAR', ['2026-01-01T00:00:00.000Z']],
  ])('of one %s begin at a whole one in UTC', (interval, expected) => {
    expect(starts(interval, 'UTC', '2026-01-01T12:34:56.789Z', '2026-01-01T12:35:00Z')).toEqual(expected);
  });

  it.each<[TimeInterval, string[]]>([
    ['WEEK', ['2024-02-26', '2024-03-04']],
    ['MONTH', ['2024-02-01', '2024-03-01']],
    ['QUARTER', ['2024-01-01']],
    ['YEAR', ['2024-01-01']],
  ])('reach from the first %s to the last', (interval, days) => {
    expect(starts(interval, 'UTC', '2024-02-29T00:00:00Z', '2024-03-09T23:59:59Z')).toEqual(
      days.map((day) => `${day}T00:00:00.000Z`),
    );
  });

  it('have days of 23 and of 25 hours where clocks change', () => {
    expect(starts('DAY', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-27T23:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
    expect(starts('DAY', 'America/New_York', '2026-11-01T12:00:00Z', '2026-11-02T12:00:00Z')).toEqual([
      '2026-11-01T04:00:00.000Z',
      '2026-11-02T05:00:00.000Z',
    ]);
  });

  it('have an hour that clocks show twice as two hours, and none that they skip', () => {
    expect(starts('HOUR', 'Europe/Berlin', '2026-10-24T23:30:00Z', '2026-10-25T02:30:00Z')).toEqual([
      '2026-10-24T23:00:00.000Z',
      '2026-10-25T00:00:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ]);
    // Lord Howe sets its clocks back by half an hour: one hour takes 90 minutes.
    expect(starts('HOUR', 'Australia/Lord_Howe', '2026-04-04T14:10:00Z', '2026-04-04T16:40:00Z')).toEqual([
      '2026-04-04T14:00:00.000Z',
      '2026-04-04T15:30:00.000Z',
      '2026-04-04T16:30:00.000Z',
    ]);
    expect(starts('HOUR', 'Asia/Kolkata', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z')).toEqual([
      '2025-12-31T23:30:00.000Z',
      '2026-01-01T00:30:00.000Z',
    ]);
  });

  it('begin when clocks are set forward, where that is at midnight, and leave out a day that a zone skips', () => {
    expect(starts('DAY', 'America/Sao_Paulo', '2018-11-03T12:00:00Z', '2018-11-05T12:00:00Z')).toEqual([
      '2018-11-03T03:00:00.000Z',
      '2018-11-04T03:00:00.000Z',
      '2018-11-05T02:00:00.000Z',
    ]);
    expect(starts('DAY', 'Pacific/Apia', '2011-12-29T12:00:00Z', '2011-12-31T12:00:00Z')).toEqual([
      '2011-12-29T10:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
      '2011-12-31T10:00:00.000Z',
    ]);
  });

  it('reach over all years that timestamps have', () => {
    const years = starts('YEAR', 'Asia/Tokyo', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z');
    expect(years).toHaveLength(10_000);
    // In Tokyo, the last one is the year 10000.
    expect(years.at(-1)).toBe('9999-12-31T15:00:00.000Z');
  });

  it('are limited in number', () => {
    const range = { first: 0, last: 86_400_000 * 3 - 1 };
    expect(periodStarts(range, 'DAY', new TimeZone('UTC'), 3)).toHaveLength(3);
    expect(() => periodStarts(range, 'DAY', new TimeZone('UTC'), 2)).toThrow('more than 2 periods of DAY');
  });
});

it('an unknown time zone is refused', () => {
  expect(() => new TimeZone('Europe/Atlantis')).toThrow('Unknown time zone "Europe/Atlantis"; expected an IANA name');
});
