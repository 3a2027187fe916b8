import { MATCH_ALL } from '../../domain/filter/filter.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import { compareUtf8 } from '../../lib/compare-utf8.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import { BoundValues } from '../postgres/reading/bound-values.ts';
import type { PostgresStatement } from '../postgres/reading/postgres-form.ts';
import { typeNamesSql } from '../postgres/reading/type-names.ts';
import { watermarkedStatement } from '../postgres/reading/watermarked-statement.ts';
import type { Question } from './question.ts';

export interface EntityTypesQuery {
  readonly tenantId: TenantId;
  /** The smallest name of the answer. No type is empty: all of them follow ''. */
  readonly from: string;
  readonly isFromIncluded: boolean;
  /** The most types of the answer. */
  readonly limit: number;
  /** Names alone are found without looking at every entity. */
  readonly isCounted: boolean;
}

export interface TypeCount {
  readonly type: string;
  /** Null if it was not asked for. */
  readonly entities: bigint | null;
}

interface TypeRow {
  readonly type: string;
  /** Decimal digits; null if it was not asked for. */
  readonly entities: string | null;
}

/** The types of a tenant's entities, in the order of their names. */
export function entityTypes(input: EntityTypesQuery): Question<readonly TypeCount[], readonly TypeCount[]> {
  const { tenantId, from, isFromIncluded, limit, isCounted } = input;
  const parse = (rows: readonly TypeRow[]) =>
    rows.map(({ type, entities }) => ({ type, entities: entities === null ? null : BigInt(entities) }));
  return {
    name: 'entityTypes',
    input,
    tenantId,
    shard: null,
    postgres: { select: () => postgresSelect(input), parse },
    clickhouse: {
      select: (copies) =>
        clickhouseSelect(copies, { tenantId, type: null, filter: MATCH_ALL }, (source, { parameters }) => {
          source.where(`e.type ${isFromIncluded ? '>=' : '>'} ${parameters.bind(from, 'String')}`);
          return source.select(
            `e.type AS type, ${isCounted ? 'count()' : 'NULL'} AS entities`,
            `GROUP BY type ORDER BY type LIMIT ${parameters.bind(limit, 'UInt32')}`,
          );
        }),
      parse,
    },
    merge: (parts) => merged(parts).slice(0, limit),
  };
}

/** Only the types of the answer are counted. */
function postgresSelect({ tenantId, from, isFromIncluded, limit, isCounted }: EntityTypesQuery): PostgresStatement {
  const values = new BoundValues();
  const tenant = values.bind(tenantId, 'integer');
  const names = typeNamesSql(tenant, `${isFromIncluded ? '>=' : '>'} ${values.bind(from, 'text')}`);
  const entities = `(SELECT count(*) FROM atlas.entity e WHERE e.tenant_id = ${tenant} AND e.type = t.type)`;
  const body = `SELECT t.type, ${isCounted ? entities : 'NULL::bigint'} AS entities FROM (${names} LIMIT ${values.bind(limit, 'integer')}) t`;
  return { text: watermarkedStatement({ columns: ['type', 'entities'], body }), values: values.values };
}

function merged(parts: readonly (readonly TypeCount[])[]): TypeCount[] {
  const counts = new Map<string, bigint | null>();
  for (const { type, entities } of parts.flat()) {
    counts.set(type, entities === null ? null : (counts.get(type) ?? 0n) + entities);
  }
  return Array.from(counts, ([type, entities]) => ({ type, entities })).sort((a, b) => compareUtf8(a.type, b.type));
}
