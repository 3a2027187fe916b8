import type { PostgresSession } from '../../connections/postgres/postgres-database.ts';
import type { Upkeep } from '../upkeep/upkeep.ts';

const REFRESH = 'SELECT view, failure FROM atlas.refresh_views()';

export interface PostgresViewsOptions {
  readonly primary: PostgresSession;
  readonly periodMs: number;
}

/** Keeps the views of a shard as the catalog says; see migrations/postgres/0021_views.sql. */
export class PostgresViews implements Upkeep {
  readonly name = 'refresh of the views';
  readonly periodMs: number;
  readonly #primary: PostgresSession;

  constructor({ primary, periodMs }: PostgresViewsOptions) {
    this.periodMs = periodMs;
    this.#primary = primary;
  }

  /** @throws Error if some could not be changed; all others are as they should be. */
  async run(signal: AbortSignal): Promise<void> {
    const failures = await this.#primary.query<{ view: string; failure: string }>(
      { text: REFRESH, values: [] },
      signal,
    );
    if (failures.length > 0) throw new Error(failures.map(({ view, failure }) => `${view}: ${failure}`).join('; '));
  }
}
