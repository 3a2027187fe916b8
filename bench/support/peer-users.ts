import { ENTITY_TYPE } from './generated-entities.ts';
import { GIANT, type Stage } from './stage.ts';

/**
 * Makes `peers.users` on every shard: the largest tenant's entities as a table of users, as other GraphQL servers expect one. Whoever reads a hot
 * attribute reads its column; others come out of the entity's row. All users have a score, and saying so lets an order by score use its index.
 * Resolves when replicas have it.
 */
export async function createPeerUsers(stage: Stage): Promise<void> {
  const attribute = await stage.attributes();
  const hot = (key: string) => `${attribute(key).hotColumn} AS ${key}`;
  const text = (key: string) => `attributes ->> '${attribute(key).id}'`;
  const columns = [
    ...['entity_id AS id', hot('city'), hot('status'), hot('score')],
    ...[`${text('name')} AS name`, `${text('email')} AS email`, `(${text('active')})::boolean AS active`],
  ];
  await executeOnAll(
    stage,
    `CREATE SCHEMA peers;
     CREATE VIEW peers.users AS SELECT ${columns.join(', ')} FROM atlas.entity
       WHERE tenant_id = ${GIANT} AND type = '${ENTITY_TYPE}' AND ${attribute('score').hotColumn} IS NOT NULL;
     COMMENT ON VIEW peers.users IS '@primaryKey id';
     COMMENT ON COLUMN peers.users.id IS '@behavior +filterBy';
     COMMENT ON COLUMN peers.users.score IS '@behavior +orderBy'`,
  );
  await stage.settle();
}

export function dropPeerUsers(stage: Stage): Promise<void> {
  return executeOnAll(stage, 'DROP SCHEMA peers CASCADE');
}

async function executeOnAll({ primaries }: Stage, text: string): Promise<void> {
  await Promise.all(primaries.map((primary) => primary.query(text)));
}
