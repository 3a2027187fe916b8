import { setMaxListeners } from 'node:events';
import type { ShardId } from '../../domain/identifiers.ts';
import { untilAborted } from '../../lib/abort.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import type { Logger } from '../../observability/logger.ts';
import { OutageLog } from '../../observability/outage-log.ts';
import type { Upkeep } from './upkeep.ts';

export interface UpkeepTasksOptions {
  readonly upkeep: readonly Upkeep[];
  readonly shard: ShardId;
  /** While true, nothing is begun. */
  readonly isCopying: () => boolean;
  /** Ends what is running. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Runs the upkeep of one shard while its stream lasts. */
export class UpkeepTasks {
  readonly #tasks: readonly PeriodicTask[];

  constructor({ upkeep, shard, isCopying, signal, logger }: UpkeepTasksOptions) {
    // Every task that runs listens, and so does each of its statements.
    setMaxListeners(0, signal);
    this.#tasks = upkeep.map((work) => {
      const outages = new OutageLog(logger, `${work.name} of shard ${shard}`);
      return new PeriodicTask(work.name, work.periodMs, async () => {
        if (isCopying() || signal.aborted) return;
        try {
          await untilAborted(work.run(signal), signal);
          outages.succeeded();
        } catch (error) {
          if (!signal.aborted) outages.failed(error);
        }
      });
    });
  }

  async start(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.start()));
  }

  /** Resolves when nothing is waited for any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.stop()));
  }
}
