import type { Answer } from '../client/answer.ts';
import type { EntityHistory, Version } from '../model/entity-history.ts';
import type { TokenClaim } from '../model/world.ts';
import type { Shown } from './read.ts';

/**
 * A client that carries the token of what it has read: what it has seen once, or had to see, it sees from then on.
 */
export class Session {
  readonly tenant: number;
  #claim: TokenClaim | undefined;

  constructor(tenant: number) {
    this.tenant = tenant;
  }

  get claim(): TokenClaim | undefined {
    return this.#claim;
  }

  /**
   * The token of an answer replaces the one that it was asked with, which it includes.
   * @param after the token of the request.
   */
  saw({ freshness }: Answer, shown: Shown, after: TokenClaim | null): void {
    const isNext = after === null ? this.#claim === undefined : after === this.#claim;
    if (freshness?.token === undefined || !isNext) return;
    const floors = new Map<EntityHistory, Version>(after?.floors);
    for (const [history, version] of shown) floors.set(history, version);
    this.#claim = { token: freshness.token, tenant: this.tenant, floors, includes: after?.includes ?? new Map() };
  }
}
