import { beforeAll, describe, expect, it } from 'vitest';
import type { Question } from '../../src/datasources/questions/question.ts';
import { search } from '../../src/datasources/questions/search.ts';
import { type EntityFilter, MATCH_ALL } from '../../src/domain/filter/filter.ts';
import { RANK_UNIT, type SearchPosition, type SearchQuery } from '../../src/domain/search/search-query.ts';
import { searchWords } from '../../src/domain/search/search-words.ts';
import type { ReaderUnderTest } from './entity-reader.conformance.ts';
import { EntityModel } from './support/entity-model.ts';
import { CATALOG } from './support/sample-catalog.ts';
import { sample } from './support/sample-entity.ts';

/** Texts with words that engines may part or fold differently. */
const TEXTS = [
  ...[
    '',
    ' ',
    'ada',
    'Ada',
    'ADA',
    'Ada Lovelace',
    'Lovelace, Ada',
    'adamant',
    'Canada',
    'ada-lovelace@example.com',
    'ada ada ada',
  ],
  ...[
    "O'Brien",
    'O’Brien',
    'obrien',
    'c++',
    'C#',
    'a_b',
    'a b',
    'x\nada\ty',
    '«ada»',
    '„Ada“',
    'ada…',
    '1.5',
    '15',
    '№1',
    'x²',
    '½ ada',
  ],
  ...[
    'Straße',
    'STRASSE',
    'STRAẞE',
    'Σίσυφος',
    'ΣΊΣΥΦΟΣ',
    'İstanbul',
    'istanbul',
    'ıstanbul',
    '\u212Aelvin',
    'e\u0301t\u00e9',
    'été',
    'ÉTÉ',
  ],
  ...[
    '東京 タワー',
    '東京タワー',
    'हिन्दी।',
    'می\u200cخواهم',
    'ada😀lovelace',
    '\u{10400}x',
    '\u{10428}X',
    'a[b]c',
    'a\\b',
    'a^b',
    'a-b',
    '\u0001ada\u007f',
  ],
];

const SEARCHED = [
  ...[
    'ada',
    'ADA',
    'ada lovelace',
    'lovelace ada',
    'ad*',
    'ada* love*',
    'adamant',
    'o brien',
    "O'Brien",
    'obrien',
    'c',
    'a b',
    'b a',
  ],
  ...[
    '5 1',
    '15',
    '1',
    'x²',
    '½',
    'strasse',
    'STRAßE',
    'σίσυφοσ',
    'İSTANBUL',
    'ISTANBUL',
    'kelvin',
    'ete',
    'été',
    'e\u0301t\u00e9',
  ],
  ...['東京', '東京*', 'हिन्दी', 'می\u200cخواهم', '\u{10428}x', 'example com', 'zebra', 'ada zebra'],
];

/** 250 characters, so that the index holds only the first of these words. */
const BEGINNING = `${'long '.repeat(50)}`;

export function searchConformance(tested: () => ReaderUnderTest): void {
  describe('a search', () => {
    const entities = [
      ...TEXTS.flatMap((text, index) => [
        sample(index + 1, { text }),
        sample(index + 101, { hotText: text, text: 'Ada of ages' }),
        sample(index + 201, { text: `${BEGINNING}${text}`, note: 'ada' }),
      ]),
      sample(301, { text: `${BEGINNING}adamant` }),
      sample(302, { hotText: `${BEGINNING}adamant`, text: 'Ada' }, { type: 'group' }),
      sample(303, { hotText: 'Ada', text: 'Lovelace', number: 7 }),
      sample(304, { hotText: 'Ada', text: 'Lovelace', json: 'zebra' }),
      sample('9223372036854775807', { text: `${'é'.repeat(3_000)} ada` }),
      sample(3, { text: 'ada zebra' }, { tenantId: 2 }),
    ];
    const model = new EntityModel(entities);
    beforeAll(() => tested().fill(entities));

    const { signal } = new AbortController();
    const answerTo = async <Part, Answer>(question: Question<Part, Answer>) =>
      question.merge([(await tested().reader.ask(question, signal)).data]);
    const query = (text: string, given: Partial<SearchQuery> = {}): SearchQuery => ({
      ...{ tenantId: 1, type: null, filter: MATCH_ALL, attributes: [CATALOG.hotText, CATALOG.text] },
      ...{ words: searchWords(text, 10), from: null, limit: 1_000, ...given },
    });
    async function found(asked: SearchQuery): Promise<{ found: SearchPosition[]; hasMore: boolean }> {
      const { rows, hasMore } = await answerTo(search(asked));
      return { found: rows.map(({ entity, rank }) => ({ rank, id: entity.id })), hasMore };
    }

    it('finds the same words in the same texts, ranked alike, whatever the engine knows of words', async () => {
      for (const [index, text] of SEARCHED.entries()) {
        const asked = query(text, index % 4 === 0 ? { attributes: [CATALOG.text] } : {});
        expect(await found(asked), text).toEqual(model.search(asked));
      }
    });

    it('ranks by how much of each text the words make up, and adds that up', async () => {
      const { found: all } = await found(query('ada lovelace', { filter: { kind: 'ids', ids: ['6', '303', '106'] } }));
      const share = (part: number, whole: number) => Math.floor((part * RANK_UNIT) / whole);
      expect(all).toEqual([
        { rank: 2 * RANK_UNIT, id: '303' },
        { rank: share(11, 12) + share(3, 11), id: '106' },
        { rank: share(11, 12), id: '6' },
      ]);
    });

    it('is restricted by filter and type, and to one tenant', async () => {
      const isSeven: EntityFilter = {
        kind: 'attribute',
        attribute: CATALOG.number,
        predicate: { operator: 'eq', operand: 7 },
      };
      const contains: EntityFilter = {
        kind: 'attribute',
        attribute: CATALOG.text,
        predicate: { operator: 'contains', operand: 'example' },
      };
      for (const given of [
        { filter: isSeven },
        { filter: { kind: 'not', filter: isSeven } },
        { filter: contains },
        { type: 'group' },
      ] as const) {
        const asked = query('ada', given);
        expect(await found(asked)).toEqual(model.search(asked));
      }
      expect((await found(query('zebra', { tenantId: 2 }))).found).toEqual([
        { rank: Math.floor((5 * RANK_UNIT) / 9), id: '3' },
      ]);
      expect((await found(query('ada', { tenantId: 3 }))).found).toEqual([]);
    });

    it('looks for many words in many attributes', async () => {
      const others = Array.from({ length: 150 }, (_, index) => ({ ...CATALOG.text, id: 1_000 + index }));
      const rare = Array.from({ length: 9 }, (_, index) => `word${index}`);
      for (const text of ['ada lovelace', ['ada', ...rare].join(' ')]) {
        const asked = query(text, { attributes: [CATALOG.hotText, CATALOG.text, ...others] });
        expect(await found(asked)).toEqual(model.search(asked));
      }
    });

    it('is paged without skipping or repeating, also within one rank', async () => {
      let from: SearchPosition | null = null;
      for (let read = 0; read === 0 || from !== null; read++) {
        const asked: SearchQuery = query('ada', { from, limit: 7 });
        const page = await found(asked);
        expect(page).toEqual(model.search(asked));
        from = page.hasMore ? (page.found.at(-1) ?? null) : null;
      }
    });
  });
}
