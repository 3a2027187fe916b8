import { setMaxListeners } from 'node:events';
import type { ShardId } from '../../domain/identifiers.ts';
import { untilAborted } from '../../lib/abort.ts';
import { PeriodicTask } from '../../lifecycle/periodic-task.ts';
import type { Logger } from '../../observability/logger.ts';
import { OutageLog } from '../../observability/outage-log.ts';
import type { Upkeep } from './upkeep.ts';

/** Hears after each attempt whether it has failed, and null when it is not done any more. */
export type OnUpkeep = (work: string, isFailing: boolean | null) => void;

export interface UpkeepTasksOptions {
  readonly upkeep: readonly Upkeep[];
  readonly shard: ShardId;
  /** While true, nothing is begun. */
  readonly isCopying: () => boolean;
  /** Ends what is running. */
  readonly signal: AbortSignal;
  readonly onOutcome: OnUpkeep;
  readonly logger: Logger;
}

/** Runs the upkeep of one shard while its stream lasts. */
export class UpkeepTasks {
  readonly #tasks: readonly PeriodicTask[];
  readonly #onOutcome: OnUpkeep;

  constructor({ upkeep, shard, isCopying, signal, onOutcome, logger }: UpkeepTasksOptions) {
    this.#onOutcome = onOutcome;
    // Every task that runs listens, and so does each of its statements.
    setMaxListeners(0, signal);
    this.#tasks = upkeep.map((work) => {
      const outages = new OutageLog(logger, `${work.name} of shard ${shard}`);
      return new PeriodicTask(work.name, work.periodMs, async () => {
        if (isCopying() || signal.aborted) return;
        try {
          await untilAborted(work.run(signal), signal);
          outages.succeeded();
          onOutcome(work.name, false);
        } catch (error) {
          if (signal.aborted) return;
          outages.failed(error);
          onOutcome(work.name, true);
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
    for (const { name } of this.#tasks) this.#onOutcome(name, null);
  }
}
