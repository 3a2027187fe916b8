import type { Service } from '../../../lifecycle/lifecycle.ts';
import { PeriodicTask } from '../../../lifecycle/periodic-task.ts';
import type { Logger } from '../../../observability/logger.ts';
import { OutageLog } from '../../../observability/outage-log.ts';
import { type MovedCatalog, type MoveOptions, moveStep } from './move-step.ts';

export interface AttributeMoverOptions extends MoveOptions {
  readonly catalog: MovedCatalog & { atLeast(revision: number, signal?: AbortSignal): Promise<void> };
  readonly periodMs: number;
  readonly logger: Logger;
}

const NEEDED = {
  name: 'needed_catalog',
  text: 'SELECT needed_catalog::float8 AS revision FROM atlas.shard',
  values: [],
};

/**
 * Does with the stored values of attributes what the catalog says is to be done. Every serving process has one: they share the work, and
 * whoever is left continues where another one has stopped. It also sees to it that a process which is not notified of changes any more reads the
 * catalog that the shards need.
 */
export class AttributeMover implements Service {
  readonly name = 'attribute mover';
  readonly #options: AttributeMoverOptions;
  readonly #task: PeriodicTask;
  readonly #stopping = new AbortController();
  readonly #outages: OutageLog;

  constructor(options: AttributeMoverOptions) {
    this.#options = options;
    this.#outages = new OutageLog(options.logger, 'moving the values of attributes');
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
    const { catalog, logger } = this.#options;
    const { signal } = this.#stopping;
    const failures: unknown[] = [];
    // One that fails does not hold up the others.
    const attempt = (work: () => Promise<void>) => work().catch((error: unknown) => failures.push(error));
    await attempt(() => this.#keepUp(signal));
    for (const definition of catalog.moving()) {
      if (signal.aborted) return;
      const { tenantId: tenant, key, storage } = definition;
      await attempt(async () => {
        if (!(await moveStep(this.#options, definition, signal))) return;
        logger.info({ tenant, attribute: key, step: storage.move }, 'a step of the values of an attribute is complete');
      });
    }
    if (failures.length === 0) this.#outages.succeeded();
    else if (!signal.aborted) this.#outages.failed(failures[0]);
  }

  /** A shard that is down is asked the next time; it needs nothing now. */
  async #keepUp(signal: AbortSignal): Promise<void> {
    const { catalog, primaries } = this.#options;
    const needed = await Promise.allSettled(
      primaries.map((primary) => primary.query<{ revision: number }>(NEEDED, signal)),
    );
    const revisions = needed.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    await catalog.atLeast(Math.max(0, ...revisions.map(({ revision }) => revision)), signal);
  }
}
