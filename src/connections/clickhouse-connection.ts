import type { createClient } from '@clickhouse/client';

/** What the client sends its statements through instead of HTTP: a connection to the engine in this process. */
export type ClickHouseConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>;
