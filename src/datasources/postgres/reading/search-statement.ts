import { charactersOf, RANK_UNIT, type RankedEntity, type SearchQuery } from '../../../domain/search/search-query.ts';
import { keysetSql, orderBySql, type SortKey } from '../../sql/keyset-sql.ts';
import { wordPattern } from '../../sql/text-pattern.ts';
import { ENTITY_COLUMNS, type EntityForm, type EntityRow } from './entity-row.ts';
import type { PostgresDialect } from './postgres-dialect.ts';
import { type PostgresStatement, postgresSelect } from './postgres-form.ts';
import { allWordsLookup, wordLookup } from './text-lookup.ts';

/** An entity with its rank, in digits. */
export type SearchRow = EntityRow & { readonly search_rank: string };

/** The page. An index finds the entities that may have one of the words, if few have it; their whole texts decide. */
export function searchStatement(query: SearchQuery, form: EntityForm): PostgresStatement {
  return postgresSelect(query, (source, dialect) => {
    // The longer a word is, the fewer have it, as a rule.
    const words = [...query.words].sort((a, b) => charactersOf(b) - charactersOf(a));
    // Of one attribute, one text has them all.
    const lookups = query.attributes.length === 1 ? [allWordsLookup(words)] : words.map(wordLookup);
    source.among(dialect.idsByTexts({ ...query, lookups, orCut: true }));
    const texts = query.attributes.map(({ id }) => `e.attributes ->> '${id}'`).join(', ');
    // A line feed separates words.
    const text = `array_to_string(ARRAY[${texts}], E'\\n') COLLATE "C"`;
    for (const word of words) source.where(dialect.matches(text, wordPattern(word)));
    const entity = ENTITY_COLUMNS.map((column) => `e.${column}`).join(', ');
    const keys = sortKeys(dialect);
    const after = query.from === null ? '' : `WHERE ${keysetSql(keys, [query.from.rank, query.from.id], 'FORWARD')}`;
    const selected = form.select(dialect.values);
    // OFFSET 0 keeps the planner from computing the rank for each use.
    return {
      columns: [...form.columns, 'search_rank'],
      body: `SELECT ${[...selected, 'search_rank'].join(', ')}
FROM (${source.select(`${entity}, ${rank(query, dialect)} AS search_rank`)} OFFSET 0) r
${after}
ORDER BY ${orderBySql(keys, 'FORWARD')} LIMIT ${dialect.values.bind(query.limit, 'bigint')}`,
      orderBy: 'search_rank DESC, entity_id',
    };
  });
}

export function rankedEntity(row: SearchRow, form: EntityForm): RankedEntity {
  return { entity: form.record(row), rank: Number(row.search_rank) };
}

function sortKeys(dialect: PostgresDialect): SortKey[] {
  const bind: SortKey['bind'] = (value) => dialect.values.bind(value, 'bigint');
  return [
    { expression: 'r.search_rank', direction: 'DESC', nullable: false, bind },
    { expression: 'r.entity_id', direction: 'ASC', nullable: false, bind },
  ];
}

/** Of an entity that has all words. */
function rank({ attributes, words }: SearchQuery, dialect: PostgresDialect): string {
  const keys = dialect.values.bind(
    attributes.map(({ id }) => String(id)),
    'text[]',
  );
  const characters = words.map(
    (word) => `CASE WHEN ${dialect.matches('v.text', wordPattern(word))} THEN ${charactersOf(word)} ELSE 0 END`,
  );
  return `(SELECT sum((${characters.join(' + ')}) * ${RANK_UNIT} / char_length(v.text))
  FROM (SELECT (e.attributes ->> k.id) COLLATE "C" AS text FROM unnest(${keys}) k (id)) v WHERE v.text <> '')`;
}
