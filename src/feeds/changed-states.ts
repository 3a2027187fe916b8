import { entitiesById } from '../datasources/questions/entities-by-id.ts';
import { entityPasts } from '../datasources/questions/entity-pasts.ts';
import type { RoutedReads } from '../datasources/routed-reads.ts';
import type { AttributeValue } from '../domain/catalog/attribute.ts';
import type { WholeEntity } from '../domain/entity.ts';
import type { EntityChangeRecord } from '../domain/entity-change.ts';
import type { FilteredEntity } from '../domain/filter/matches-filter.ts';
import type { EntityId, ShardId, TenantId } from '../domain/identifiers.ts';
import { pastEntity } from '../domain/past-entity.ts';
import type { FreshnessRequirement } from '../freshness/freshness.ts';
import { areOfOneServer, serversChanged } from '../freshness/one-server.ts';
import type { Positions } from '../freshness/positions.ts';

/** What an entity was around a change; null: it did not exist. */
export interface ChangedStates {
  readonly before: FilteredEntity | null;
  readonly after: FilteredEntity | null;
}

/** Entities that one statement reads. */
const ENTITIES_PER_STATEMENT = 1_000;

/**
 * What the entities of a page were before and after each of its changes: as they were at its end, with the changes undone one by one. Two statements for each
 * shard, however many changes and however long ago.
 * @param changes all of the page that are of these entities, in its order.
 * @param end of the page.
 * @throws AtlasError those of the reads
 */
export async function changedStates(
  reads: RoutedReads,
  tenantId: TenantId,
  changes: readonly EntityChangeRecord[],
  end: Positions,
  requirement: FreshnessRequirement,
): Promise<ReadonlyMap<EntityChangeRecord, ChangedStates>> {
  const states = new Map<EntityChangeRecord, ChangedStates>();
  const byShard = new Map<ShardId, Map<EntityId, EntityChangeRecord[]>>();
  for (const change of changes) {
    const ofShard = byShard.get(change.shard) ?? new Map<EntityId, EntityChangeRecord[]>();
    byShard.set(change.shard, ofShard);
    ofShard.set(change.entityId, [...(ofShard.get(change.entityId) ?? []), change]);
  }
  // What is read first must contain the page.
  const after = { positions: end, catalogRevision: 0 };
  for (const [shard, entities] of byShard) {
    const all = [...entities.keys()];
    for (let from = 0; from < all.length; from += ENTITIES_PER_STATEMENT) {
      const ids = all.slice(from, from + ENTITIES_PER_STATEMENT);
      const found = await entitiesAt(reads, { tenantId, ids, shard }, end.get(shard) ?? 0n, { ...requirement, after });
      for (const id of ids) undoAll(entities.get(id) ?? [], found.get(id) ?? null, states);
    }
  }
  return states;
}

interface Asked {
  readonly tenantId: TenantId;
  readonly ids: readonly EntityId[];
  readonly shard: ShardId;
}

/** The entities as they were when everything before a position had committed, and nothing else. */
async function entitiesAt(
  reads: RoutedReads,
  asked: Asked,
  before: bigint,
  requirement: FreshnessRequirement,
): Promise<ReadonlyMap<EntityId, WholeEntity>> {
  // First what is, then what led to it.
  const current = await reads.ask({ ...entitiesById(asked), postgres: null }, requirement);
  const { data, reads: past } = await reads.ask(entityPasts({ ...asked, moment: { before } }), requirement);
  if (!areOfOneServer([...current.reads, ...past])) throw serversChanged();
  const byId = new Map(current.data.map((record) => [record.id, record]));
  return new Map(
    asked.ids.flatMap((id) => {
      const later = data.later.get(id);
      const hasBegun = (life: Date) => later === undefined || life < later;
      const entity = pastEntity(id, byId.get(id) ?? null, data.pasts.get(id), hasBegun);
      return entity === null ? [] : [[id, entity]];
    }),
  );
}

/** @param changes of one entity. @param last what it is after the last of them. */
function undoAll(
  changes: readonly EntityChangeRecord[],
  last: WholeEntity | null,
  states: Map<EntityChangeRecord, ChangedStates>,
): void {
  let after: FilteredEntity | null = last;
  for (const change of changes.toReversed()) {
    const before = stateBefore(change, after);
    states.set(change, { before, after: change.operation === 'DELETED' ? null : after });
    after = before;
  }
}

function stateBefore(change: EntityChangeRecord, after: FilteredEntity | null): FilteredEntity | null {
  const { operation, entityId: id, createdAt, previousAt, values } = change;
  if (operation === 'CREATED' || operation === 'ERASED') return null;
  // A deletion has all values.
  if (operation === 'UPDATED' && after === null) return null;
  const attributes: Record<string, AttributeValue> = operation === 'DELETED' ? {} : { ...after?.attributes };
  for (const { attributeId, before } of values) {
    if (before === undefined) delete attributes[attributeId];
    else attributes[attributeId] = before;
  }
  return { id, createdAt, updatedAt: previousAt ?? createdAt, attributes };
}
