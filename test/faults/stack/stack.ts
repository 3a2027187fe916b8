import type { LinkState } from './link.ts';
import type { Part } from './part.ts';

export interface StackShard {
  readonly id: string;
  /** URLs that lead to the servers themselves. */
  readonly primary: string;
  readonly replica: string;
}

/** A whole installation under test. */
export interface Stack {
  readonly topology: 'dev' | 'deployed';
  readonly shards: readonly StackShard[];
  readonly parts: readonly Part[];
  /** Of the processes that answer GraphQL. */
  readonly urls: readonly string[];
  /** Of the processes that report health and metrics. */
  readonly healthUrls: readonly string[];
  /** A network between the processes; null where there is none to break. */
  readonly network: Network | null;
  /** ClickHouse's data; null where it cannot be reached. */
  readonly clickhouse: ClickHouseFiles | null;
  /** What an operator does for a stream that is broken; nothing where it repairs itself. */
  resnapshot(): Promise<void>;
  /** `atlas` with these arguments, until it ends. */
  run(args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }>;
  /** What the processes have logged, for a report. */
  logs(): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface Network {
  /** Names of those who connect to this server. */
  clientsOf(server: string): readonly string[];
  set(from: string, to: string, state: LinkState, delayMs?: number): void;
}

export interface ClickHouseFiles {
  readonly part: Part;
  /** The data directory. */
  readonly directory: string;
  /** SQL on the server itself; null where it runs inside another process. */
  readonly sql: ((text: string) => Promise<void>) | null;
}
