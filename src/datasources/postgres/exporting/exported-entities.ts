import type { PostgresSession } from '../../../connections/postgres/postgres-database.ts';
import type { AttributeId, AttributeValue } from '../../../domain/catalog/attribute.ts';
import type { EntitySelection } from '../../../domain/filter/filter.ts';
import type { TenantId } from '../../../domain/identifiers.ts';
import { BoundValues } from '../reading/bound-values.ts';
import { EntitySource } from '../reading/entity-source.ts';
import { PostgresDialect } from '../reading/postgres-dialect.ts';

/** Ids that are fetched at once. */
const IDS = 1_000;
/** Of attributes per statement, unless a single entity has more. */
const BATCH_BYTES = 8 * 1024 * 1024;

/** An entity as it is stored. */
export interface ExportedEntity {
  readonly id: string;
  readonly type: string;
  readonly version: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** By attribute id. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

const ROWS = `
SELECT id, type, version, "createdAt", "updatedAt", attributes FROM (
  SELECT entity_id AS id, type, version, created_at AS "createdAt", updated_at AS "updatedAt", attributes,
    sum(octet_length(attributes::text)) OVER (ORDER BY entity_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
  FROM atlas.entity WHERE tenant_id = $1 AND entity_id = ANY($2::bigint[])
) sized WHERE before IS NULL OR before < ${BATCH_BYTES} ORDER BY id`;

/**
 * The selected entities in the order of their ids, in batches of bounded size, however many there are and however large they are. The filter is
 * evaluated once, by a cursor over ids, and not again for each page.
 * @param session in a transaction that keeps its snapshot.
 * @throws as PostgresSession.query.
 */
export async function* exportedEntities(
  session: PostgresSession,
  selection: EntitySelection,
  signal: AbortSignal,
): AsyncGenerator<readonly ExportedEntity[]> {
  const { tenantId: tenant } = selection;
  const { text, values } = statement(
    selection,
    (source) => `${source.select('e.entity_id AS id')} ORDER BY e.entity_id`,
  );
  await session.query({ tenant, text: `DECLARE exported NO SCROLL CURSOR FOR ${text}`, values }, signal);
  for (;;) {
    const fetched = await session.query<{ id: string }>(
      { tenant, text: `FETCH ${IDS} FROM exported`, values: [] },
      signal,
    );
    for (let ids = fetched.map(({ id }) => id); ids.length > 0; ) {
      const rows = await readRows(session, tenant, ids, signal);
      yield rows;
      ids = ids.slice(rows.length);
    }
    if (fetched.length < IDS) break;
  }
  await session.query({ text: 'CLOSE exported', values: [] }, signal);
}

/** The attributes that the selected entities have. Reads all of them. @param session as for exportedEntities. */
export async function attributesInUse(
  session: PostgresSession,
  selection: EntitySelection,
  signal: AbortSignal,
): Promise<readonly AttributeId[]> {
  const { text, values } = statement(selection, (source) =>
    source.select('DISTINCT jsonb_object_keys(e.attributes) AS id'),
  );
  const rows = await session.query<{ id: string }>({ tenant: selection.tenantId, text, values }, signal);
  return rows.map(({ id }) => Number(id));
}

function statement(selection: EntitySelection, select: (source: EntitySource) => string) {
  const values = new BoundValues();
  const dialect = new PostgresDialect(values, values.bind(selection.tenantId, 'integer'));
  return { text: select(new EntitySource(dialect, selection)), values: values.values };
}

/** The first of the entities, at least one. */
async function readRows(
  session: PostgresSession,
  tenant: TenantId,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly ExportedEntity[]> {
  const rows = await session.query<ExportedEntity>({ tenant, text: ROWS, values: [tenant, ids] }, signal);
  if (rows.length === 0) throw new Error('The snapshot has lost its entities');
  return rows;
}
