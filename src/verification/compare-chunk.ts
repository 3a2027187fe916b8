import { hasJsonText } from '../domain/catalog/list-types.ts';
import { SHARED_TENANT } from '../domain/identifiers.ts';
import { writtenPosition } from '../watermarks/wal-position.ts';
import { JSON_TEXTS } from './checked-columns.ts';
import type { ClickHouseCopy } from './clickhouse-copy.ts';
import type { CommonPosition } from './common-position.ts';
import type { RowDifference } from './difference.ts';
import { compareKeys, type EntityKey, type EntityRange, keyText } from './entity-range.ts';
import {
  type EntityDigest,
  type EntityDigests,
  firstOf,
  keyOf,
  readPostgresChunk,
  readPostgresDigests,
} from './postgres-chunk.ts';
import { readPostgresTuples } from './postgres-rows.ts';
import { areEqual, type RowGroup, totalRows } from './row-groups.ts';
import { type SettledRows, settleRows } from './settle-rows.ts';
import type { ComparedShard, ComparisonOptions } from './shard-comparison.ts';
import { removeFutureRows, writeRepair } from './write-repair.ts';

/** Entities that are compared row by row at once: their rows are in memory. */
const SUSPECTS_AT_ONCE = 100;

export interface ComparedChunk {
  /** Where the next chunk begins; the end of the range once everything has been compared. */
  readonly upTo: EntityKey;
  /** In Postgres. */
  readonly entities: number;
  /** Rows of entity_attribute, in Postgres. */
  readonly values: number;
  readonly differences: number;
  readonly repaired: number;
  /** Rows that changed whenever they were compared. */
  readonly unsettled: number;
}

/** Told of each difference. `repaired`: null if no repair was tried. */
export type DifferenceListener = (difference: RowDifference, repaired: boolean | null) => void;

/** Compares one shard's tables, a chunk at a time. The position must have begun. */
export class ChunkComparison {
  readonly #shard: ComparedShard;
  readonly #copy: ClickHouseCopy;
  readonly #position: CommonPosition;
  readonly #options: ComparisonOptions;
  readonly #onDifference: DifferenceListener;

  constructor(
    shard: ComparedShard,
    copy: ClickHouseCopy,
    position: CommonPosition,
    options: ComparisonOptions,
    onDifference: DifferenceListener,
  ) {
    this.#shard = shard;
    this.#copy = copy;
    this.#position = position;
    this.#options = options;
    this.#onDifference = onDifference;
  }

  /** Compares the beginning of a range: counts and checksums, then, if they differ, entities, then rows. */
  async compare(range: EntityRange, signal: AbortSignal): Promise<ComparedChunk> {
    const { limits } = this.#options;
    const chunk = await readPostgresChunk(this.#shard.server, range, limits, signal);
    const groups = Math.max(chunk.entities.length, chunk.attributes.length, chunk.jsonTexts.length);
    const copied = await this.#position.readAt(
      chunk.upper,
      () => this.#copy.groups(chunk.range, groups, signal),
      signal,
    );
    const result = {
      upTo: chunk.range.upTo,
      entities: totalRows(chunk.entities),
      values: totalRows(chunk.attributes),
    };
    const settled = (groups: readonly RowGroup[]) => this.#settledGroups(groups);
    const isEqual =
      copied !== null &&
      areEqual(chunk.entities, copied.entities) &&
      areEqual(settled(chunk.attributes), settled(copied.attributes));
    if (isEqual) {
      return { ...result, differences: 0, repaired: 0, unsettled: 0 };
    }
    return { ...result, ...(await this.#compareEntities(chunk.range, signal)) };
  }

  /**
   * Rows of an attribute that is on the way are written to both engines at different times, and are compared afterwards. It is
   * the same with the texts of JSON attributes, which are in the row of the entity.
   */
  #settledGroups(groups: readonly RowGroup[]): readonly RowGroup[] {
    const moving = new Set(this.#options.attributes.moving().map(({ id }) => String(id)));
    return moving.size === 0 ? groups : groups.filter(({ name }) => !moving.has(name));
  }

  #settledDifferences(found: SettledRows): SettledRows {
    const moving = this.#options.attributes.moving();
    if (moving.length === 0) return found;
    const ids = new Set(moving.map(({ id }) => id));
    const isText = ({ columns }: RowDifference) => columns.every(({ column }) => column === JSON_TEXTS.name);
    const ofTenant = ({ key }: RowDifference) =>
      moving.some(
        ({ type, tenantId }) => hasJsonText(type) && (tenantId === key.tenantId || tenantId === SHARED_TENANT),
      );
    const differences = found.differences.filter((difference) => {
      const { attributeId, kind } = difference;
      if (attributeId !== null) return !ids.has(attributeId);
      return !(kind === 'different' && isText(difference) && ofTenant(difference));
    });
    return { ...found, differences };
  }

  /** Either side may hold more than the chunk did: rows that the other lacks, or that were written since. */
  async #compareEntities(range: EntityRange, signal: AbortSignal) {
    const { limits } = this.#options;
    const limit = 2 * limits.rows;
    const total = { differences: 0, repaired: 0, unsettled: 0 };
    let after = range.after;
    while (compareKeys(after, range.upTo) < 0) {
      const part = { after, upTo: range.upTo };
      const postgres = await readPostgresDigests(this.#shard.server, part, limit, signal);
      const read = () => this.#copy.digests(part, limit, signal);
      const clickhouse = await this.#position.readAt(postgres.upper, read, signal);
      const upTo = firstOf([postgres.cutAfter ?? range.upTo, clickhouse.cutAfter ?? range.upTo]) ?? range.upTo;
      const suspects = differing(postgres, clickhouse, upTo);
      for (let first = 0; first < suspects.length; first += SUSPECTS_AT_ONCE) {
        const settled = await this.#settle(suspects.slice(first, first + SUSPECTS_AT_ONCE), signal);
        total.differences += settled.differences;
        total.repaired += settled.repaired;
        total.unsettled += settled.unsettled;
      }
      after = upTo;
    }
    return total;
  }

  async #settle(suspects: readonly EntityKey[], signal: AbortSignal) {
    const found = await this.#settled(suspects, signal);
    const { differences, unsettled } = found;
    if (differences.length === 0) return { differences: 0, repaired: 0, unsettled };
    const left = this.#options.repair ? await this.#repair(differences, signal) : null;
    const stillDiffers = new Set(left?.map(textOf));
    for (const difference of differences) {
      this.#onDifference(difference, left === null ? null : !stillDiffers.has(textOf(difference)));
    }
    const repaired =
      left === null ? 0 : differences.filter((difference) => !stillDiffers.has(textOf(difference))).length;
    return { differences: differences.length, repaired, unsettled };
  }

  async #settled(suspects: readonly EntityKey[], signal: AbortSignal): Promise<SettledRows> {
    return this.#settledDifferences(
      await settleRows(this.#shard, this.#copy, this.#position, suspects, this.#options, signal),
    );
  }

  /** @returns what still differs afterwards. */
  async #repair(differences: readonly RowDifference[], signal: AbortSignal): Promise<readonly RowDifference[]> {
    const { server, primary, clickhouse } = this.#shard;
    const { attributes } = this.#options;
    const copy = { clickhouse, shard: server.shard, copyId: this.#copy.copyId, attributes };
    const keys = [...new Map(differences.map(({ key }) => [keyText(key), key])).values()];
    const tuples = await readPostgresTuples(server, keys, signal);
    if (tuples.lower === null) return differences;
    if (differences.some(({ kind }) => kind === 'future')) {
      await removeFutureRows(copy, differences, await writtenPosition(primary, signal));
    }
    await this.#position.check(signal);
    await writeRepair(copy, differences, tuples, tuples.lower);
    return (await this.#settled(keys, signal)).differences;
  }
}

function textOf({ key, attributeId }: RowDifference): string {
  return `${keyText(key)}/${attributeId ?? ''}`;
}

/** The entities up to a key of which either table differs. */
function differing(postgres: EntityDigests, clickhouse: EntityDigests, upTo: EntityKey): EntityKey[] {
  const suspects = new Map<string, EntityKey>();
  const compare = (left: readonly EntityDigest[], right: readonly EntityDigest[]) => {
    const hashes = new Map(right.map((row) => [keyText(keyOf(row)), BigInt(row.hash)]));
    const suspect = (key: EntityKey) => {
      if (compareKeys(key, upTo) <= 0) suspects.set(keyText(key), key);
    };
    for (const row of left) {
      const key = keyOf(row);
      const text = keyText(key);
      if (hashes.get(text) !== BigInt.asUintN(64, BigInt(row.hash))) suspect(key);
      hashes.delete(text);
    }
    for (const row of right) {
      const key = keyOf(row);
      if (hashes.has(keyText(key))) suspect(key);
    }
  };
  compare(postgres.entities, clickhouse.entities);
  compare(postgres.attributes, clickhouse.attributes);
  compare(postgres.jsonTexts, clickhouse.jsonTexts);
  return [...suspects.values()].sort(compareKeys);
}
