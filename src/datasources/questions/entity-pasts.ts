import type { ChangeOperation, HistoryStart } from '../../domain/entity-change.ts';
import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import type { EntityPast, UndoneValue } from '../../domain/past-entity.ts';
import { BoundParameters } from '../clickhouse/bound-parameters.ts';
import { historyStarts, OF_WHOLE_TENANT } from '../clickhouse/change-row.ts';
import type { ClickHouseSelect } from '../clickhouse/clickhouse-form.ts';
import type { Question } from './question.ts';

export interface PastsQuery {
  readonly tenantId: TenantId;
  readonly ids: readonly EntityId[];
  /** All of them live on it. */
  readonly shard: ShardId;
  readonly moment: Moment;
}

/** What had been written at a time; or what had committed before a position of the shard. */
export type Moment = { readonly at: Date } | { readonly before: bigint };

export interface Pasts {
  /** Null: nothing of the shard is kept yet. */
  readonly start: HistoryStart | null;
  readonly pasts: ReadonlyMap<EntityId, EntityPast>;
  /** Of a position: when the first life after it began; without one, there is none. */
  readonly later: ReadonlyMap<EntityId, Date>;
}

/** 64-bit integers are digits; those of tuples are numbers or digits. */
interface Row {
  readonly start_lsn: string;
  readonly start_at: string;
  /** 0: nothing is known of any of them. */
  readonly entity_id: EntityId;
  readonly life: string;
  readonly entity_type: string;
  readonly changes_before: string;
  readonly changes_after: string;
  readonly last: readonly [string | number, ChangeOperation, string | number];
  readonly next: readonly [string | number, ChangeOperation, string | number];
  readonly undone: readonly (readonly [number, string | null, string | number])[];
  readonly is_erased: 0 | 1;
  readonly begins_later: 0 | 1;
}

/**
 * What the history knows of entities around a moment. It is not restricted to what the watermarks cover: whoever has read the entities before finds
 * every change that led to them.
 */
export function entityPasts(input: PastsQuery): Question<Pasts, Pasts> {
  return {
    name: 'entityPasts',
    input,
    tenantId: input.tenantId,
    shard: input.shard,
    postgres: null,
    clickhouse: { select: () => select(input), parse: (rows) => parsePasts(rows as readonly Row[]) },
    merge: ([part]) => part ?? { start: null, pasts: new Map(), later: new Map() },
  };
}

/** One row for each entity that had begun a life by then, with the last of these lives; of a position, another for the first life after it. */
function select({ tenantId, ids, shard, moment }: PastsQuery): ClickHouseSelect {
  const parameters = new BoundParameters();
  const { isBefore, hasBegun, beginsLater } = conditionsOf(moment, parameters);
  const home = parameters.bind(shard, 'String');
  const tenant = `tenant_id = ${parameters.bind(tenantId, 'UInt32')}`;
  const asked = `${tenant} AND entity_id IN ${parameters.bindList(ids.map(BigInt), 'UInt64')}`;
  const place = '(version, operation)';
  return {
    text: `WITH rows AS (
  SELECT *, ${isBefore} AS is_before FROM entity_change FINAL
  WHERE ${asked} AND shard = ${home} AND (${hasBegun} OR operation = 'ERASED')
), lives AS (
  SELECT entity_id, created_at AS life, any(type) AS entity_type, min(lsn) AS first_lsn, countIf(is_before) AS changes_before, countIf(NOT is_before) AS changes_after, ${beginsLater} AS begins_later,
    argMaxIf((version, toString(operation), at), ${place}, is_before) AS last,
    argMinIf((version, toString(operation), previous_at), ${place}, NOT is_before) AS next
  FROM rows WHERE operation != 'ERASED' GROUP BY entity_id, created_at ORDER BY if(begins_later, life, -life) LIMIT 1 BY entity_id, begins_later
), undone AS (
  SELECT entity_id, created_at AS life, groupArray((attribute_id, first.1, first.2)) AS undone FROM (
    SELECT entity_id, created_at, attribute_id, argMin((value, set_at), ${place}) AS first
    FROM (SELECT entity_id, created_at, version, operation, attribute_ids, before, before_at FROM rows WHERE NOT is_before AND operation != 'ERASED')
    ARRAY JOIN attribute_ids AS attribute_id, before AS value, before_at AS set_at
    GROUP BY entity_id, created_at, attribute_id
  ) GROUP BY entity_id, created_at
), erasures AS (
  SELECT entity_id, max(lsn) AS erased_to FROM rows WHERE operation = 'ERASED' GROUP BY entity_id
), tenant_erasures AS (
  SELECT max(lsn) AS all_erased_to FROM entity_change WHERE ${tenant} AND ${OF_WHOLE_TENANT} AND shard = ${home}
), pasts AS (
  SELECT ${home} AS shard, lives.entity_id AS entity_id, lives.life AS life, lives.begins_later AS begins_later, entity_type, changes_before, changes_after, last, next, undone.undone AS undone,
    greatest(erased_to, (SELECT all_erased_to FROM tenant_erasures)) >= lives.first_lsn AS is_erased
  FROM lives LEFT JOIN undone ON undone.entity_id = lives.entity_id AND undone.life = lives.life
  LEFT JOIN erasures ON erasures.entity_id = lives.entity_id
)
SELECT starts.lsn AS start_lsn, starts.at AS start_at, pasts.entity_id AS entity_id, life, entity_type, changes_before, changes_after, last, next, undone, is_erased, begins_later
FROM ${historyStarts(tenant, `shard = ${home}`)} AS starts LEFT JOIN pasts ON pasts.shard = starts.shard`,
    parameters: parameters.values,
  };
}

interface Conditions {
  /** Of a change. */
  readonly isBefore: string;
  /** Of a change: whether its life may have begun by then. */
  readonly hasBegun: string;
  /** Of the changes of one life. */
  readonly beginsLater: string;
}

function conditionsOf(moment: Moment, parameters: BoundParameters): Conditions {
  if ('at' in moment) {
    const at = parameters.bind(moment.at.getTime(), 'Int64');
    return { isBefore: `at <= ${at}`, hasBegun: `created_at <= ${at}`, beginsLater: '0' };
  }
  const isBefore = `lsn < ${parameters.bind(moment.before, 'UInt64')}`;
  // A life without its creation in the history began before that.
  return { isBefore, hasBegun: 'true', beginsLater: `countIf(operation = 'CREATED' AND NOT is_before) > 0` };
}

function parsePasts(rows: readonly Row[]): Pasts {
  const [first] = rows;
  if (first === undefined) return { start: null, pasts: new Map(), later: new Map() };
  const known = rows.filter(({ entity_id }) => entity_id !== '0');
  return {
    start: { lsn: BigInt(first.start_lsn), at: new Date(Number(first.start_at)) },
    pasts: new Map(known.flatMap((row) => (row.begins_later === 1 ? [] : [[row.entity_id, pastOf(row)]]))),
    later: new Map(
      known.flatMap((row) => (row.begins_later === 1 ? [[row.entity_id, new Date(Number(row.life))]] : [])),
    ),
  };
}

function pastOf(row: Row): EntityPast {
  const [version, operation, at] = row.last;
  const [nextVersion, nextOperation, previousAt] = row.next;
  return {
    createdAt: new Date(Number(row.life)),
    type: row.entity_type,
    last: row.changes_before === '0' ? null : { version: BigInt(version), operation, at: new Date(Number(at)) },
    next:
      row.changes_after === '0'
        ? null
        : { version: BigInt(nextVersion), operation: nextOperation, previousAt: new Date(Number(previousAt)) },
    undone: new Map(row.undone.map(([id, json, setAt]) => [id, undoneValue(json, Number(setAt))])),
    isErased: row.is_erased === 1,
  };
}

function undoneValue(json: string | null, setAt: number): UndoneValue {
  return { value: json === null ? undefined : JSON.parse(json), setAt: setAt === 0 ? null : setAt };
}
