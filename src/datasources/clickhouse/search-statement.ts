import { attributePlace } from '../../domain/catalog/attribute-place.ts';
import { charactersOf, RANK_UNIT, type RankedEntity, type SearchQuery } from '../../domain/search/search-query.ts';
import { keysetSql, orderBySql, type SortKey } from '../sql/keyset-sql.ts';
import { wordPattern } from '../sql/text-pattern.ts';
import type { ClickHouseDialect } from './clickhouse-dialect.ts';
import { type ClickHouseSelect, clickhouseSelect } from './clickhouse-form.ts';
import { ENTITY_COLUMNS, type EntityRow, entityRecord } from './entity-row.ts';
import type { ReadCopies } from './read-copies.ts';

/** An entity with its rank, in digits. */
export type SearchRow = EntityRow & { readonly search_rank: string };

/** The page. The indexed values find the entities that may have the words; their whole texts decide. */
export function searchStatement(copies: ReadCopies, query: SearchQuery): ClickHouseSelect {
  return clickhouseSelect(copies, query, (source, dialect) => {
    const patterns = query.words.map(wordPattern);
    for (const pattern of patterns) source.where(mayHave(pattern, query, dialect));
    source.where('search_rank IS NOT NULL');
    const keys = sortKeys(dialect);
    if (query.from !== null) source.where(keysetSql(keys, [query.from.rank, query.from.id], 'FORWARD'));
    const limit = dialect.parameters.bind(query.limit, 'UInt64');
    return source.select(
      `${ENTITY_COLUMNS}, ${rank(patterns, query, dialect)} AS search_rank`,
      `ORDER BY ${orderBySql(keys, 'FORWARD')} LIMIT ${limit}`,
    );
  });
}

export function rankedEntity(row: SearchRow): RankedEntity {
  return { entity: entityRecord(row), rank: Number(row.search_rank) };
}

function sortKeys({ parameters }: ClickHouseDialect): SortKey[] {
  const bind: SortKey['bind'] = (value) => parameters.bind(BigInt(value), 'UInt64');
  return [
    { expression: 'search_rank', direction: 'DESC', nullable: false, bind },
    { expression: 'e.entity_id', direction: 'ASC', nullable: false, bind },
  ];
}

function mayHave(pattern: string, { attributes }: SearchQuery, dialect: ClickHouseDialect): string {
  const inText = (value: string) => `(${dialect.matches(value, pattern)} OR ${dialect.fillsIndex(value)})`;
  const rows = attributes.filter((attribute) => attributePlace(attribute).kind === 'row');
  const hot = attributes.filter((attribute) => attributePlace(attribute).kind === 'column');
  const alternatives = hot.map((attribute) => inText(`e.${attributePlace(attribute).column}`));
  if (rows.length > 0) alternatives.push(`e.entity_id IN (${dialect.rows.mayHave(rows, inText)})`);
  return `(${alternatives.join(' OR ')})`;
}

/** Null if the entity lacks one of the words. */
function rank(patterns: readonly string[], { attributes, words }: SearchQuery, dialect: ClickHouseDialect): string {
  const texts = attributes.map((attribute) => dialect.wholeValue(attribute)).join(', ');
  const found = patterns.map((pattern) => dialect.matches('text', pattern)).join(', ');
  const searched = `arrayMap(text -> (toUInt64(lengthUTF8(text)), ${found}), arrayFilter(text -> text != '', [${texts}]))`;
  const hasAll = words.map((_, index) => `arrayExists(t -> t.${index + 2} = 1, searched)`);
  const characters = words.map((word, index) => `${charactersOf(word)} * t.${index + 2}`);
  const sum = `arraySum(t -> intDiv((${characters.join(' + ')}) * ${RANK_UNIT}, t.1), searched)`;
  return `if(notEmpty(${searched} AS searched) AND ${hasAll.join(' AND ')}, toUInt64(${sum}), NULL)`;
}
