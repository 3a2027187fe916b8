/** A component that runs until it is stopped. `stop` is called once, after a successful `start`. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts services and stops them in reverse order of their start. `stop` is idempotent; if one service fails to stop, the
 * others are still stopped. After a failed start, the caller calls `stop`.
 */
export class Lifecycle {
  readonly #running: Service[] = [];
  #stopping: Promise<void> | null = null;

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

  stop(onFailure: (service: string, error: unknown) => void = () => {}): Promise<void> {
    this.#stopping ??= this.#stopAll(onFailure);
    return this.#stopping;
  }

  async #stopAll(onFailure: (service: string, error: unknown) => void): Promise<void> {
    for (let service = this.#running.pop(); service !== undefined; service = this.#running.pop()) {
      try {
        await service.stop();
      } catch (error) {
        onFailure(service.name, error);
      }
    }
  }
}
