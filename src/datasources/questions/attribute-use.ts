import type { AttributeId } from '../../domain/catalog/attribute.ts';
import { MATCH_ALL } from '../../domain/filter/filter.ts';
import type { TenantId } from '../../domain/identifiers.ts';
import { clickhouseSelect } from '../clickhouse/clickhouse-form.ts';
import { postgresSelect } from '../postgres/reading/postgres-form.ts';
import type { Question } from './question.ts';

export interface AttributeUseQuery {
  readonly tenantId: TenantId;
  readonly types: readonly string[];
}

/** How many entities of a type have an attribute, at least one. */
export interface AttributeUse {
  readonly type: string;
  readonly attributeId: AttributeId;
  readonly entities: bigint;
}

interface UseRow {
  readonly type: string;
  /** Decimal digits, as the entities are. */
  readonly attribute: string;
  readonly entities: string;
}

/** Which attributes the entities of some types have, filterable or not, in no particular order. Reads every one of these entities. */
export function attributeUse(input: AttributeUseQuery): Question<readonly AttributeUse[], readonly AttributeUse[]> {
  const selection = { tenantId: input.tenantId, type: null, filter: MATCH_ALL };
  const parse = (rows: readonly UseRow[]) =>
    rows.map(({ type, attribute, entities }) => ({
      type,
      attributeId: Number(attribute),
      entities: BigInt(entities),
    }));
  const groups = 'GROUP BY type, attribute';
  return {
    name: 'attributeUse',
    input,
    tenantId: input.tenantId,
    shard: null,
    postgres: {
      select: () =>
        postgresSelect(selection, (source, { values }) => {
          source.where(`e.type = ANY(${values.bind(input.types, 'text[]')})`);
          const attributes = source.select('e.type, jsonb_object_keys(e.attributes) AS attribute');
          return {
            columns: ['type', 'attribute', 'entities'],
            body: `SELECT type, attribute, count(*) AS entities FROM (${attributes}) u ${groups}`,
          };
        }),
      parse,
    },
    clickhouse: {
      select: (copies) =>
        clickhouseSelect(copies, selection, (source, { parameters }) => {
          source.where(`e.type IN ${parameters.bindList(input.types, 'String')}`);
          const columns = 'e.type AS type, arrayJoin(JSONExtractKeys(e.attributes)) AS attribute, count() AS entities';
          return source.select(columns, groups);
        }),
      parse,
    },
    merge: (parts) => summed(parts.flat()),
  };
}

function summed(uses: readonly AttributeUse[]): AttributeUse[] {
  const sums = new Map<string, AttributeUse>();
  for (const use of uses) {
    const key = `${use.attributeId} ${use.type}`;
    sums.set(key, { ...use, entities: (sums.get(key)?.entities ?? 0n) + use.entities });
  }
  return [...sums.values()];
}
