/** A server or process of the stack that can be broken and mended. */
export interface Part {
  readonly name: string;
  readonly kind: 'primary' | 'replica' | 'clickhouse' | 'serve' | 'replicate' | 'atlas';
  /** The shard of a Postgres server; null for other parts. */
  readonly shard: string | null;
  /** SIGKILL, as if the machine had gone. Resolves when no process of it is left. */
  kill(): Promise<void>;
  /** After `kill`. Resolves when it runs again. */
  start(): Promise<void>;
  /** SIGSTOP for all of its processes. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
}
