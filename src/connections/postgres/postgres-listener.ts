import pg from 'pg';
import { Backoff } from '../../lifecycle/backoff.ts';
import type { Service } from '../../lifecycle/lifecycle.ts';
import type { Logger } from '../../observability/logger.ts';

export interface PostgresListenerOptions {
  /** A libpq URI of a primary: a replica delivers no notifications. */
  readonly url: string;
  readonly channel: string;
  readonly connectTimeoutMs: number;
  readonly applicationName: string;
  readonly logger: Logger;
}

export interface ListenerHandlers {
  /** Listening began, for the first time or again: earlier notifications may have been missed. */
  onConnect(): void;
  onNotification(payload: string): void;
}

/** A server that died silently is noticed within two of these. */
const PING_MS = 5_000;

/** Listens on one channel over its own connection, which it reopens whenever it is lost. */
export class PostgresListener implements Service {
  readonly name: string;
  readonly #options: PostgresListenerOptions;
  readonly #handlers: ListenerHandlers;
  #client: pg.Client | null = null;
  #timer: NodeJS.Timeout | undefined;
  readonly #backoff = new Backoff();
  #stopped = false;

  constructor(options: PostgresListenerOptions, handlers: ListenerHandlers) {
    this.name = `listener on ${options.channel}`;
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Resolves after the first attempt, whether or not the server answered. */
  async start(): Promise<void> {
    await this.#connect();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    const { url, channel, connectTimeoutMs, applicationName, logger } = this.#options;
    const client = new pg.Client({
      connectionString: url,
      application_name: applicationName,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: PING_MS,
      keepAlive: true,
    });
    this.#client = client;
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, null));
    client.on('notification', ({ payload }) => this.#handlers.onNotification(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    } catch (error) {
      this.#lost(client, error);
      return;
    }
    if (this.#client !== client) return;
    this.#backoff.reset();
    this.#ping(client);
    logger.debug({ channel }, 'listening');
    this.#handlers.onConnect();
  }

  #ping(client: pg.Client): void {
    this.#timer = setTimeout(() => {
      client.query('SELECT 1').then(
        () => {
          if (this.#client === client) this.#ping(client);
        },
        (error: unknown) => this.#lost(client, error),
      );
    }, PING_MS);
  }

  /** Idempotent per connection: an error is followed by an end. */
  #lost(client: pg.Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = null;
    clearTimeout(this.#timer);
    client.end().catch(() => {});
    if (this.#stopped) return;
    const { channel, logger } = this.#options;
    const retryMs = this.#backoff.next();
    logger.debug({ channel, retryMs, err: String(error) }, 'not listening');
    this.#timer = setTimeout(() => void this.#connect(), retryMs);
  }
}
