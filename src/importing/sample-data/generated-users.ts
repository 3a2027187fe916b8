import type { RawValue, RowSource, SourceRow } from '../sources/row-source.ts';
import { SeededRandom } from './seeded-random.ts';
import { tailAttributes } from './user-tail-attributes.ts';

export const USER_COUNT = 20_000;
const SEED = 20_240_531;
const DAY_MS = 86_400_000;
/** Latest possible `last_seen`. */
const LATEST = Date.parse('2025-06-30T23:59:59.000Z');

const STATUSES = [
  ['active', 68],
  ['inactive', 22],
  ['suspended', 6],
  ['pending', 4],
] as const;

/** ISO 3166-1 alpha-2 codes with weights per thousand users. */
const COUNTRIES = [
  ['US', 300],
  ['IN', 140],
  ['BR', 90],
  ['GB', 80],
  ['DE', 70],
  ['FR', 55],
  ['JP', 50],
  ['CA', 45],
  ['MX', 35],
  ['AU', 30],
  ['ES', 25],
  ['IT', 20],
  ['NL', 15],
  ['NG', 12],
  ['PL', 10],
  ['SE', 8],
  ['KE', 6],
  ['CH', 4],
  ['NZ', 3],
  ['IS', 2],
] as const;

/** Shift of the mean score, by country. */
const SCORE_SHIFT: Readonly<Record<string, number>> = {
  US: 4,
  BR: -3,
  DE: 3,
  JP: 6,
  MX: -4,
  NL: 5,
  NG: -5,
  CH: 7,
  IS: 8,
};

const FIRST_NAMES =
  'Ada Amara Anna Bruno Carlos Chen Clara David Elif Emma Fatima Hiro Ines Ivan Jonas Kofi Lena Liam Mateo Maya Nadia Noah Olga Priya Rahul Rosa Sofia Tariq Uma Victor Wanjiru Yuki Zoe'.split(
    ' ',
  );
const LAST_NAMES =
  'Abbas Almeida Becker Brown Castro Dubois Eriksen Fischer Garcia Haddad Ito Jansen Kaya Kim Kumar Lopez Martin Mensah Novak Okafor Patel Rossi Sato Silva Smith Tanaka Usman Vega Wang Young Zhang'.split(
    ' ',
  );

/** 20,000 users, always the same. All share a set of common attributes; each has a few attributes of a long tail. */
export const generatedUsers: RowSource = {
  name: 'users (generated)',
  untyped: false,
  async *rows(advance: (fraction: number) => void): AsyncGenerator<SourceRow> {
    const random = new SeededRandom(SEED);
    for (let number = 1; number <= USER_COUNT; number++) {
      yield { kind: 'data', number, line: null, fields: user(random, number) };
      if (number % 500 === 0) advance(number / USER_COUNT);
    }
  },
};

function user(random: SeededRandom, number: number): Record<string, RawValue> {
  const status = random.weighted(STATUSES);
  const country = random.weighted(COUNTRIES);
  const name = `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`;
  const seenDaysAgo = status === 'active' ? random.next() * 60 : 30 + random.next() * 700;
  const scored = status !== 'pending';
  return {
    status,
    country,
    score: scored ? score(random, SCORE_SHIFT[country] ?? 0) : null,
    last_seen: new Date(Math.floor(LATEST - seenDaysAgo * DAY_MS)),
    email: `${name.toLowerCase().replace(' ', '.')}.${number}@example.com`,
    name,
    email_verified: random.chance(0.9),
    preferences: {
      theme: random.pick(['light', 'dark', 'system']),
      language: random.pick(['en', 'es', 'de', 'fr', 'pt', 'ja']),
      notifications: { email: random.chance(0.6), push: random.chance(0.4) },
    },
    ...tailAttributes(random, LATEST),
  };
}

/** Bell-shaped around 60 plus `shift`, from 0 to 100, with two decimals. */
function score(random: SeededRandom, shift: number): number {
  const bell = (random.next() + random.next() + random.next()) / 3;
  return Math.min(100, Math.max(0, Math.round((bell * 110 + 5 + shift) * 100) / 100));
}
