import type { EntityId, ShardId, TenantId } from '../../domain/identifiers.ts';
import type { ClickHouseForm } from '../clickhouse/clickhouse-form.ts';
import type { PostgresForm } from '../postgres/reading/postgres-form.ts';

/**
 * A read that the stores can answer. Every other file in this folder defines one question completely: its input, what it selects
 * from each engine, how the parts of several sources become the answer, and its bound. Engines, timing and routing know only this
 * interface.
 *
 * `Part` is what one source answers: a shard's primary, one of its replicas, or ClickHouse for all shards. Every engine returns
 * the same part for the same question over the same data; sums of floats may differ in their rounding. `Answer` is what the
 * caller gets. They differ if an answer cannot be computed from answers: a mean is merged from sums and counts, a quantile
 * from sketches.
 */
export interface Question<Part, Answer> {
  /** The label `operation` of the metrics: a constant of the file, never input of a client. */
  readonly name: string;
  /** The question in domain terms, for sources that answer without SQL, such as those of the tests. */
  readonly input: unknown;
  /** Whose entities the question is about. */
  readonly tenantId: TenantId;
  /** The shard with everything the question is about; null if all shards are read. */
  readonly shard: ShardId | null;
  /** Null: only ClickHouse has what the question is about. */
  readonly postgres: PostgresForm<Part> | null;
  readonly clickhouse: ClickHouseForm<Part>;
  /** Given if the question looks entities up by their ids, so that it can be asked together with others. */
  readonly lookup?: Lookup<Part>;
  /**
   * @param parts at least one. Each entity contributes to one part only, since it lives on one shard.
   * @throws AtlasError LIMIT_EXCEEDED if the merged answer exceeds the question's bound.
   */
  merge(parts: readonly Part[]): Answer;
  /** How many entities of the answer came from each part, in their order. Omitted if the answer holds no entities. */
  entitiesPerPart?(answer: Answer, parts: readonly Part[]): readonly number[];
}

/** How questions about entities by their ids become one statement, and its answer theirs. */
export interface Lookup<Part> {
  /** Questions with the same one differ in nothing but their ids. */
  readonly key: string;
  readonly ids: readonly EntityId[];
  /** Up to so many ids, the statement takes a plan that suits any of them. */
  readonly mostIds: number;
  /** The same question about these entities. */
  withIds(ids: readonly EntityId[]): Question<Part, unknown>;
  /** What the answer to a question about more entities holds for this one. */
  share(part: Part): Part;
}

/** @throws RangeError if only ClickHouse has what the question is about: no server of Postgres is asked that. */
export function postgresForm<Part>({ name, postgres }: Question<Part, unknown>): PostgresForm<Part> {
  if (postgres === null) throw new RangeError(`Postgres cannot answer ${name}`);
  return postgres;
}
