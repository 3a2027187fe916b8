/** Something that runs until it is stopped. `stop` is called once, after a successful `start`. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts services in the order they are added and stops them in the reverse order. The only owner of "what runs".
 * A failed start stops what was started before it. `stop` is idempotent; a failing stop never keeps the others running.
 */
export class Lifecycle {
  readonly #running: Service[] = [];
  #stopping: Promise<void> | null = null;

  /** @throws whatever the service's start throws, or an Error once stopping has begun. */
  async start(service: Service): Promise<void> {
    if (this.#stopping !== null) throw new Error(`${service.name} cannot start: everything is being stopped`);
    await service.start();
    if (this.#stopping !== null) {
      await service.stop();
      throw new Error(`${service.name} was stopped while it started`);
    }
    this.#running.push(service);
  }

  /** Registers something that is already running. */
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
