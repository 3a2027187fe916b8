import type { PostgresDatabase } from '../../../connections/postgres/postgres-database.ts';
import type { AttributeDefinition } from '../../../domain/catalog/attribute.ts';
import type { AttributeStorage } from '../../../domain/catalog/attribute-storage.ts';
import type { Service } from '../../../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../../../lifecycle/periodic-task.ts';
import type { Logger } from '../../../observability/logger.ts';
import { OutageLog } from '../../../observability/outage-log.ts';
import { deleteStatements } from './move-statements.ts';
import { makeStep, StepOverError, type StepProgress, statementWork } from './shard-step.ts';

/** The catalog of all tenants. */
export interface MovedCatalog {
  readonly revision: number;
  moving(): readonly AttributeDefinition[];
  settleStep(definition: AttributeDefinition, next: AttributeStorage, signal?: AbortSignal): Promise<void>;
}

export interface AttributeMoverOptions {
  readonly catalog: MovedCatalog;
  /** One for every shard. */
  readonly primaries: readonly PostgresDatabase[];
  readonly periodMs: number;
  readonly logger: Logger;
}

/**
 * Does with the stored values of attributes what the catalog says is to be done. Every serving process has one: they share the work, and
 * whoever is left continues where another one has stopped.
 */
export class AttributeMover implements Service {
  readonly name = 'attribute mover';
  readonly #options: AttributeMoverOptions;
  readonly #task: PeriodicTask;
  readonly #stopping = new AbortController();
  readonly #outages: OutageLog;

  constructor(options: AttributeMoverOptions) {
    this.#options = options;
    this.#outages = new OutageLog(options.logger, 'the storage of attributes');
    this.#task = new PeriodicTask(this.name, options.periodMs, () => this.#run());
  }

  start(): Promise<void> {
    return this.#task.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The process is stopping'));
    await this.#task.stop();
  }

  async #run(): Promise<void> {
    const { catalog, primaries, logger } = this.#options;
    const { signal } = this.#stopping;
    for (const definition of catalog.moving()) {
      if (signal.aborted) return;
      const { tenantId, key } = definition;
      try {
        await moveOneStep(catalog, primaries, definition, () => {}, signal);
        logger.info(
          { tenant: tenantId, attribute: key, step: definition.storage.move?.kind },
          'a step of an attribute is complete',
        );
        this.#outages.succeeded();
      } catch (error) {
        if (!signal.aborted) this.#outages.failed(error);
      }
    }
  }
}

/**
 * Makes the step that a definition is at, on all shards, and then ends it in the catalog.
 * @throws AtlasError SHARD_UNAVAILABLE | TIMEOUT, or the signal's reason
 */
export async function moveOneStep(
  catalog: MovedCatalog,
  primaries: readonly PostgresDatabase[],
  definition: AttributeDefinition,
  onProgress: (progress: StepProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const { revision } = catalog;
  const work = statementWork(definition, deleteStatements);
  try {
    await Promise.all(primaries.map((primary) => makeStep(primary, definition, revision, work, onProgress, signal)));
  } catch (error) {
    if (error instanceof StepOverError) return;
    throw error;
  }
  await catalog.settleStep(definition, { steps: definition.storage.steps ?? 0, deleted: true }, signal);
}
