import pg from 'pg';

/** The length of `2026-01-31 09:30:00+00`, to which a fraction of the second may be added. */
const WITHOUT_FRACTION = 22;
const { TIMESTAMPTZ } = pg.types.builtins;
const parseAny = pg.types.getTypeParser(TIMESTAMPTZ);

/**
 * A timestamptz as the sessions of the pool print it (ISO, UTC). The same as pg's own parser, which takes several times as long: every
 * entity has two of them. Years before 100 and after 9999, which are rare, are left to that one.
 */
export function parseTimestamp(text: string): Date | number {
  const { length } = text;
  const isUsual = length >= WITHOUT_FRACTION && text[4] === '-' && text.endsWith('+00');
  const year = two(text, 0) * 100 + two(text, 2);
  if (!isUsual || year < 100) return parseAny(text);
  const milliseconds = length === WITHOUT_FRACTION ? 0 : Math.trunc(Number(text.slice(19, -3)) * 1_000);
  return new Date(
    Date.UTC(year, two(text, 5) - 1, two(text, 8), two(text, 11), two(text, 14), two(text, 17), milliseconds),
  );
}

function two(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}

/** How the pool's connections parse results. */
export const RESULT_TYPES: pg.CustomTypesConfig = {
  getTypeParser: (type, format) =>
    type === TIMESTAMPTZ && format !== 'binary' ? parseTimestamp : pg.types.getTypeParser(type, format),
};
