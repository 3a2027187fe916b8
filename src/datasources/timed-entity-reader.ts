import type { DistributionCell } from '../domain/analytics.ts';
import type { EntityRecord } from '../domain/entity.ts';
import type { EntityId, TenantId } from '../domain/identifiers.ts';
import type { DataSource, Measured } from '../freshness/freshness.ts';
import type { Metrics } from '../observability/metrics.ts';
import type {
  DistributionQuery,
  EntityPageQuery,
  EntityReader,
  EntitySelection,
  PositionedEntity,
} from './entity-reader.ts';

/** Measures how long each operation of a reader takes, also where it fails. */
export class TimedEntityReader implements EntityReader {
  readonly #reader: EntityReader;
  readonly #source: DataSource;
  readonly #duration: Metrics['readDuration'];

  constructor(reader: EntityReader, source: DataSource, { readDuration }: Pick<Metrics, 'readDuration'>) {
    this.#reader = reader;
    this.#source = source;
    this.#duration = readDuration;
  }

  entitiesById(tenantId: TenantId, ids: readonly EntityId[]): Promise<Measured<readonly EntityRecord[]>> {
    return this.#timed('entitiesById', this.#reader.entitiesById(tenantId, ids));
  }

  entityPage(query: EntityPageQuery): Promise<Measured<readonly PositionedEntity[]>> {
    return this.#timed('entityPage', this.#reader.entityPage(query));
  }

  count(query: EntitySelection): Promise<Measured<bigint>> {
    return this.#timed('count', this.#reader.count(query));
  }

  range(query: Parameters<EntityReader['range']>[0]): ReturnType<EntityReader['range']> {
    return this.#timed('range', this.#reader.range(query));
  }

  distribution(query: DistributionQuery): Promise<Measured<readonly DistributionCell[]>> {
    return this.#timed('distribution', this.#reader.distribution(query));
  }

  async #timed<T>(operation: keyof EntityReader, answer: Promise<T>): Promise<T> {
    const end = this.#duration.startTimer({ source: this.#source, operation });
    try {
      return await answer;
    } finally {
      end();
    }
  }
}
