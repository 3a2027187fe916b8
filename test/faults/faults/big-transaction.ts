import { systemClock } from '../../../src/lib/clock.ts';
import type { EntityHistory } from '../model/entity-history.ts';
import type { EntityState } from '../model/entity-state.ts';
import { TYPE } from '../model/schema.ts';
import { World } from '../model/world.ts';
import { countOf } from '../readers/count.ts';
import { sql } from '../stack/sql.ts';
import { type Fault, type FaultScope, shardIds, shardOf } from './fault.ts';

/** Of nobody else, so that readers of other tenants are not concerned with its rows. */
export const BULK_TENANT = 90;

/** Many rows in one transaction: more than one batch holds. */
export const manyRows = inOneTransaction('transaction of many rows', 50_000, 0);
/** Many bytes in one transaction. */
export const manyBytes = inOneTransaction('transaction of many bytes', 400, 50_000);

const DETAIL = `SELECT attribute_id AS id FROM atlas.attribute_definition WHERE tenant_id = $1 AND key = 'detail'`;
const EMPTY: EntityState = { type: TYPE, attributes: {} };
const READ_WITH = [
  { class: 'REALTIME', fallback: 'PRIMARY' },
  { class: 'OPERATIONAL', fallback: 'FAIL' },
  { class: 'ANALYTICAL', fallback: 'FAIL' },
] as const;

/** @param bytes of each row, which cannot be compressed. */
function inOneTransaction(name: string, rows: number, bytes: number): Fault {
  return {
    name,
    weight: 1,
    mixes: false,
    targets: shardIds,
    async inject(target, scope) {
      const { stack } = scope;
      const { primary } = shardOf(stack, target);
      const bulk = new World(shardIds(stack), [BULK_TENANT]);
      const histories = entitiesOn(bulk, target, rows);
      const ids = histories.map(({ id }) => id);
      const [home = shardOf(stack, target)] = stack.shards;
      const [padded] = await sql<{ id: string }>(home.primary, DETAIL, [BULK_TENANT]);
      const detail = `(SELECT string_agg(md5(random()::text || n::text || entity.id::text), '') FROM generate_series(1, ${bytes / 32}) AS n)`;
      const attributes = bytes === 0 ? `'{}'` : `jsonb_build_object('${padded?.id}', ${detail})`;
      await changing(histories, EMPTY, scope, bulk, () =>
        sql(
          primary,
          `INSERT INTO atlas.entity (tenant_id, entity_id, type, version, created_at, updated_at, attributes)
           SELECT ${BULK_TENANT}, entity.id, '${TYPE}', 1, now(), now(), ${attributes} FROM unnest($1::bigint[]) AS entity (id)`,
          [ids],
        ),
      );
      await scope.hold();
      await changing(histories, null, scope, bulk, () =>
        sql(primary, `DELETE FROM atlas.entity WHERE tenant_id = ${BULK_TENANT} AND entity_id = ANY ($1::bigint[])`, [
          ids,
        ]),
      );
    },
  };
}

/** Counts, while and after a transaction changes all of them, what can be there. */
async function changing(
  histories: readonly EntityHistory[],
  state: EntityState | null,
  { reader }: FaultScope,
  bulk: World,
  transaction: () => Promise<unknown>,
): Promise<void> {
  const sentAt = systemClock.now();
  const pending = histories.map((history) => history.sending(state, sentAt));
  let isOver = false;
  const committed = transaction().finally(() => {
    isOver = true;
  });
  const countAll = async () => {
    for (const how of READ_WITH) {
      const requirement = { ...how, maxLagMs: null, after: null, maxWaitMs: null };
      await reader.tryRead('bulk count', countOf(bulk, BULK_TENANT), BULK_TENANT, requirement);
    }
  };
  const counting = (async () => {
    while (!isOver) await countAll();
  })();
  await committed;
  const ackedAt = systemClock.now();
  for (const [index, history] of histories.entries()) {
    const version = pending[index];
    if (version !== undefined) history.acknowledged(version, ackedAt);
  }
  await counting;
  await countAll();
}

/** Ids that live on the shard. */
function entitiesOn(bulk: World, shard: string, count: number): EntityHistory[] {
  const histories: EntityHistory[] = [];
  for (let id = 1; histories.length < count; id++) {
    if (bulk.shardOf(String(id)) === shard) histories.push(bulk.entity(BULK_TENANT, String(id)));
  }
  return histories;
}
