import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';

/** A component that runs until it is stopped. `stop` is called once, after a successful `start`. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  /** Called before anything is stopped: the service lets go of what others send it. */
  drain?(): Promise<void>;
  stop(): Promise<void>;
  /** It is waited for however long it takes to stop, because it would leave processes behind. */
  readonly stopsWhole?: true;
}

export interface StopOptions {
  /** Aborts when the services have had their time; they are then waited for no longer than it takes to say goodbye. */
  readonly over?: AbortSignal;
  readonly onFailure?: (service: string, error: unknown) => void;
}

/** What a service may take to end what it has cut off. */
const FAREWELL_MS = 1_500;

/**
 * Starts services and stops them in reverse order of their start. `stop` is idempotent; if one service fails to stop, the
 * others are still stopped. After a failed start, the caller calls `stop`.
 */
export class Lifecycle {
  readonly #running: Service[] = [];
  #stopping: Promise<readonly string[]> | null = null;

  /** @throws the error of the service's start, or an Error once stopping has begun. */
  async start(service: Service): Promise<void> {
    if (this.#stopping !== null) throw new Error(`${service.name} cannot start; the process is stopping`);
    await service.start();
    if (this.#stopping !== null) {
      await service.stop();
      throw new Error(`${service.name} was stopped while it started`);
    }
    this.#running.push(service);
  }

  /** Registers a component that is already running. */
  add(name: string, stop: () => Promise<void>): void {
    this.#running.push({ name, start: async () => {}, stop });
  }

  /** Resolves when every service has let go of what others send it. */
  async drain(): Promise<void> {
    await Promise.all(this.#running.map((service) => service.drain?.()));
  }

  /** @returns the names of the services that have not stopped in time. */
  stop(options: StopOptions = {}): Promise<readonly string[]> {
    this.#stopping ??= this.#stopAll(options);
    return this.#stopping;
  }

  async #stopAll({ over, onFailure = () => {} }: StopOptions): Promise<readonly string[]> {
    const tooLate = over === undefined ? new Promise<never>(() => {}) : afterwards(over);
    const left: string[] = [];
    for (let service = this.#running.pop(); service !== undefined; service = this.#running.pop()) {
      const { name, stopsWhole } = service;
      let hasStopped = false;
      const stopped = service
        .stop()
        .catch((error: unknown) => onFailure(name, error))
        .then(() => {
          hasStopped = true;
        });
      await (stopsWhole === true ? stopped : Promise.race([stopped, tooLate]));
      // What has nothing to wait for stops even when the time is over.
      if (!hasStopped) await nextTurn();
      if (!hasStopped) left.push(name);
    }
    return left;
  }
}

async function afterwards(over: AbortSignal): Promise<void> {
  if (!over.aborted) await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }));
  await delay(FAREWELL_MS);
}
