import type { DistributionCell } from '../../domain/analytics.ts';
import type { AttributeDefinition } from '../../domain/catalog/attribute.ts';
import type { EntityRecord } from '../../domain/entity.ts';
import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import type { FreshnessRequirement } from '../../freshness/freshness.ts';
import type { DistributionQuery, EntityPageQuery, EntitySelection, PositionedEntity } from '../entity-reader.ts';
import type { EntityReads, Routed } from '../entity-reads.ts';
import type { Question } from './attempt-read.ts';
import { mergeCells } from './merge-cells.ts';
import { mergePages } from './merge-pages.ts';
import { ReadRouter, type ReadRouterOptions } from './read-router.ts';
import type { ShardSources } from './read-sources.ts';

/** Asks every shard that may hold part of the answer, each from the source that its freshness calls for, and merges. */
export class RoutedEntityReads implements EntityReads {
  readonly #router: ReadRouter;
  readonly #shards: readonly ShardSources[];

  constructor(options: ReadRouterOptions) {
    this.#router = new ReadRouter(options);
    this.#shards = options.sources.shards;
  }

  async entitiesById(
    tenantId: TenantId,
    shard: ShardId,
    ids: readonly EntityId[],
    requirement: FreshnessRequirement,
  ): Promise<Routed<readonly EntityRecord[]>> {
    const home = this.#shards.filter((sources) => sources.shard === shard);
    if (home.length === 0) throw new RangeError(`There is no shard ${shard}`);
    return this.#read(
      home,
      requirement,
      (reader) => reader.entitiesById(tenantId, ids),
      (parts) => parts.flat(),
    );
  }

  entityPage(query: EntityPageQuery, requirement: FreshnessRequirement): Promise<Routed<readonly PositionedEntity[]>> {
    return this.#read(
      this.#shards,
      requirement,
      (reader) => reader.entityPage(query),
      (parts) => mergePages(query, parts),
    );
  }

  count(query: EntitySelection, requirement: FreshnessRequirement): Promise<Routed<bigint>> {
    return this.#read(
      this.#shards,
      requirement,
      (reader) => reader.count(query),
      (parts) => parts.reduce((sum, part) => sum + part, 0n),
    );
  }

  range(
    query: EntitySelection & { readonly attribute: AttributeDefinition },
    requirement: FreshnessRequirement,
  ): Promise<Routed<{ min: number; max: number } | null>> {
    return this.#read(
      this.#shards,
      requirement,
      (reader) => reader.range(query),
      (parts) =>
        parts.reduce((a, b) =>
          a === null || b === null ? (a ?? b) : { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) },
        ),
    );
  }

  distribution(
    query: DistributionQuery,
    requirement: FreshnessRequirement,
  ): Promise<Routed<readonly DistributionCell[]>> {
    return this.#read(
      this.#shards,
      requirement,
      (reader) => reader.distribution(query),
      (parts) => mergeCells(parts),
    );
  }

  async #read<T>(
    shards: readonly ShardSources[],
    requirement: FreshnessRequirement,
    question: Question<T>,
    merge: (parts: readonly T[]) => T,
  ): Promise<Routed<T>> {
    const parts = await this.#router.read(shards, requirement, question);
    return { data: merge(parts.map(({ data }) => data)), reads: parts.map(({ freshness }) => freshness) };
  }
}
