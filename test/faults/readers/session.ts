import type { Answer } from '../client/answer.ts';
import type { EntityHistory, Version } from '../model/entity-history.ts';
import type { TokenClaim } from '../model/world.ts';
import type { Shown } from './read.ts';

/**
 * A client that carries the token of what it has read: what it has seen once, it sees from then on. Servers that hand out
 * no token of reads leave it without a claim.
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

  /** @param after the token of the request, which the token of its answer continues on the shards that were read. */
  saw({ freshness }: Answer, shown: Shown, after: TokenClaim | null): void {
    const token = freshness?.token;
    if (token === undefined || freshness === null) return;
    const isRead = ({ shard }: EntityHistory) =>
      freshness.reads.some((read) => read.shard === shard || read.shard === null);
    const carried = [...(after?.floors ?? [])].filter(([history]) => isRead(history));
    const floors = new Map<EntityHistory, Version>(carried);
    for (const [history, version] of shown) floors.set(history, version);
    const readShards = [...(after?.includes ?? [])].filter(([shard]) =>
      freshness.reads.some((read) => read.shard === shard || read.shard === null),
    );
    this.#claim = { token, tenant: this.tenant, floors, includes: new Map(readShards) };
  }
}
