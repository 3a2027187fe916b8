import pg from 'pg';
import { lookupOf } from '../../../src/datasources/postgres/reading/text-lookup.ts';
import { caseVariants } from '../../../src/lib/case-variants.ts';

const AROUND = ['xab', 'cde'] as const;
const LAST_LETTER = 0x1f000;
/** Texts with one of these are found by the index on rare letters (migration 25). */
const RARE = /[\u1C80-\u1C87\u212A]/u;

/** Each letter with a variant of it, where a lookup by the letter misses a text with the variant. @param database with pg_trgm. */
export async function lettersMissed(database: string): Promise<readonly string[]> {
  const letters = Array.from({ length: LAST_LETTER }, (_, point) => point)
    // Of those that are many and alike, a part.
    .filter((point) => (point < 0xd800 || point > 0xdfff) && point > 0x40 && (point < 0x2000 || point % 3 === 0))
    .map((point) => String.fromCodePoint(point))
    .filter((letter) => letter.toLowerCase() !== letter || letter.toUpperCase() !== letter);
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  try {
    await client.query('CREATE TEMPORARY TABLE texts (letter text COLLATE "C", value text COLLATE "C")');
    const stored = [...new Set(letters.flatMap((letter) => [...caseVariants(letter)]))];
    const values = stored.map((letter) => AROUND.join(letter));
    await client.query('INSERT INTO texts SELECT * FROM unnest($1::text[], $2::text[])', [stored, values]);
    await client.query('CREATE INDEX ON texts USING gin (value public.gin_trgm_ops)');
    await client.query('SET enable_seqscan = off');
    const missed: string[] = [];
    for (const letter of letters) {
      const operand = `ab${letter}cd`;
      for (const operator of ['containsIgnoreCase', 'contains'] as const) {
        const { parts, rare } = lookupOf({ operator, operand });
        const met = parts.map(([sign, part]) => `value ${sign} ${client.escapeLiteral(part)}`).join(' AND ');
        const rows = await client.query<{ letter: string }>(`SELECT letter FROM texts WHERE ${met}`);
        const found = new Set(rows.rows.map((row) => row.letter));
        for (const variant of operator === 'contains' ? letter : caseVariants(letter)) {
          const isRare =
            RARE.test(variant) && rare.some((pattern) => new RegExp(pattern, 'u').test(AROUND.join(variant)));
          if (!found.has(variant) && !isRare) missed.push(`${operator} ${letter} in ${variant}`);
        }
      }
    }
    return missed;
  } finally {
    await client.end();
  }
}
