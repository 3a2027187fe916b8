import type { AttributeDefinition } from '../../../domain/catalog/attribute.ts';
import type { TenantId } from '../../../domain/identifiers.ts';
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

/** At once, of different tenants: a step over many entities takes hours, and must not hold up the others. */
const MOST_STEPS = 4;

/** The id of a definition, or what all of them need. */
type Failing = number | 'catalog';

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
  /** By tenant: one at a time, since those of one tenant change the same entities. */
  readonly #steps = new Map<TenantId, { readonly id: number; readonly ended: Promise<void> }>();
  /** In the order in which their turns come. */
  readonly #waiting: AttributeDefinition[] = [];
  readonly #failing = new Set<Failing>();

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
    await Promise.all(Array.from(this.#steps.values(), ({ ended }) => ended));
  }

  async #run(): Promise<void> {
    const { catalog } = this.#options;
    await this.#noting('catalog', () => this.#keepUp(this.#stopping.signal));
    const moving = catalog.moving();
    for (const what of this.#failing) {
      if (what !== 'catalog' && !moving.some(({ id }) => id === what)) this.#failing.delete(what);
    }
    const waiting = new Set(this.#waiting.map(({ id }) => id));
    this.#waiting.push(
      ...moving.filter(({ id, tenantId }) => !waiting.has(id) && this.#steps.get(tenantId)?.id !== id),
    );
    this.#begin();
  }

  /** Begins the steps that have waited longest, of tenants of which none is being made. */
  #begin(): void {
    while (this.#steps.size < MOST_STEPS && !this.#stopping.signal.aborted) {
      const next = this.#waiting.findIndex(({ tenantId }) => !this.#steps.has(tenantId));
      const [definition] = next < 0 ? [] : this.#waiting.splice(next, 1);
      if (definition === undefined) return;
      const { id, tenantId } = definition;
      const ended = this.#noting(id, () => this.#make(definition)).finally(() => {
        this.#steps.delete(tenantId);
        this.#begin();
      });
      this.#steps.set(tenantId, { id, ended });
    }
  }

  async #make(definition: AttributeDefinition): Promise<void> {
    const { tenantId: tenant, key, storage } = definition;
    if (!(await moveStep(this.#options, definition, this.#stopping.signal))) return;
    this.#options.logger.info(
      { tenant, attribute: key, step: storage.move },
      'a step of the values of an attribute is complete',
    );
  }

  /** What fails is tried again in the next run, and does not hold up the others. */
  async #noting(what: Failing, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failing.delete(what);
      if (this.#failing.size === 0) this.#outages.succeeded();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#failing.add(what);
      this.#outages.failed(error);
    }
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
