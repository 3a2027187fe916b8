import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { parseTimestamp, RESULT_TYPES } from '../../../src/connections/postgres/parse-timestamp.ts';

const parseAny = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ);

describe('a timestamptz', () => {
  it.each([
    '2026-01-31 09:30:00+00',
    '2026-01-31 09:30:00.1+00',
    '2024-02-29 23:59:59.999+00',
    '2026-12-31 00:00:00.123456+00',
    '2026-12-31 00:00:00.000999+00',
    '0100-01-01 00:00:00+00',
    '9999-12-31 23:59:59.999+00',
    '0001-01-01 00:00:00+00',
    '0099-12-31 23:59:59.5+00',
    '12026-01-31 09:30:00+00',
    '0044-03-15 12:00:00+00 BC',
    '2026-01-31 09:30:00+02',
    '2026-01-31 09:30:00.5+05:30',
    'infinity',
    '-infinity',
  ])('is parsed as pg parses it: %s', (text) => {
    expect(parseTimestamp(text)).toEqual(parseAny(text));
  });

  it('is parsed as pg parses it, with every number of milliseconds', () => {
    const texts = Array.from({ length: 1_000 }, (_, ms) =>
      `2026-01-31 09:30:00.${String(ms).padStart(3, '0')}`
        .replace(/\.?0+$/, '')
        .padEnd(19, '0')
        .concat('+00'),
    );
    expect(texts.map(parseTimestamp)).toEqual(texts.map((text) => parseAny(text)));
  });

  it('is all that is parsed in another way', () => {
    const { INT4, JSONB, TIMESTAMPTZ } = pg.types.builtins;
    for (const type of [INT4, JSONB]) expect(RESULT_TYPES.getTypeParser(type)).toBe(pg.types.getTypeParser(type));
    expect(RESULT_TYPES.getTypeParser(TIMESTAMPTZ, 'binary')).toBe(pg.types.getTypeParser(TIMESTAMPTZ, 'binary'));
  });
});
