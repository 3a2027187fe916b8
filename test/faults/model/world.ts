import { ShardMap } from '../../../src/sharding/shard-map.ts';
import { EntityHistory, type Version } from './entity-history.ts';
import { Gate } from './gate.ts';

/** What a client knows about a consistency token: what data read with it must contain. */
export interface TokenClaim {
  readonly token: string;
  readonly tenant: number;
  /** At least these versions. */
  readonly floors: ReadonlyMap<EntityHistory, Version>;
  /** By shard: everything acknowledged by then. */
  readonly includes: ReadonlyMap<string, number>;
}

/** What data read with both tokens must contain. */
export function bothClaims(a: TokenClaim, b: TokenClaim): TokenClaim {
  const floors = new Map(a.floors);
  for (const [history, version] of b.floors) {
    const other = floors.get(history);
    const isLater = other === undefined || history.versions.indexOf(other) < history.versions.indexOf(version);
    if (isLater) floors.set(history, version);
  }
  const includes = new Map(a.includes);
  for (const [shard, moment] of b.includes) includes.set(shard, Math.max(moment, includes.get(shard) ?? moment));
  return { token: `${a.token},${b.token}`, tenant: a.tenant, floors, includes };
}

/** An attribute that was defined while writers were at work, and the process that certainly knows it. */
export interface LateAttribute {
  readonly key: string;
  readonly url: string;
}

/** Everything the harness has written, and the tokens it holds. */
export class World {
  readonly shards: readonly string[];
  readonly tenants: readonly number[];
  readonly #map: ShardMap;
  readonly #entities = new Map<number, Map<string, EntityHistory>>();
  readonly #gates: ReadonlyMap<string, Gate>;
  readonly #latestToken = new Map<number, TokenClaim>();
  readonly #late = new Map<number, LateAttribute[]>();

  constructor(shards: readonly string[], tenants: readonly number[]) {
    this.shards = shards;
    this.tenants = tenants;
    this.#map = new ShardMap(
      shards.map((id) => ({ id, primary: '', replicas: [] })),
      { kind: 'hash' },
    );
    this.#gates = new Map(shards.map((shard) => [shard, new Gate()]));
    for (const tenant of tenants) this.#entities.set(tenant, new Map());
  }

  shardOf(id: string): string {
    return this.#map.shardOf(id);
  }

  /** The history of an entity, which begins now if it is new. */
  entity(tenant: number, id: string): EntityHistory {
    const entities = this.#of(tenant);
    const known = entities.get(id);
    if (known !== undefined) return known;
    const history = new EntityHistory(tenant, id, this.shardOf(id));
    entities.set(id, history);
    return history;
  }

  known(tenant: number, id: string): EntityHistory | undefined {
    return this.#of(tenant).get(id);
  }

  entities(tenant: number): readonly EntityHistory[] {
    return [...this.#of(tenant).values()];
  }

  onShard(shard: string): readonly EntityHistory[] {
    return this.tenants.flatMap((tenant) => this.entities(tenant).filter((entity) => entity.shard === shard));
  }

  /** Writers pass it for each write; whoever changes a whole shard closes it meanwhile. */
  gate(shard: string): Gate {
    const gate = this.#gates.get(shard);
    if (gate === undefined) throw new RangeError(`There is no shard ${shard}`);
    return gate;
  }

  written(claim: TokenClaim): void {
    this.#latestToken.set(claim.tenant, claim);
  }

  /** Of the last write of the tenant. */
  latestToken(tenant: number): TokenClaim | undefined {
    return this.#latestToken.get(tenant);
  }

  late(tenant: number): readonly LateAttribute[] {
    return this.#late.get(tenant) ?? [];
  }

  definedLate(tenant: number, attribute: LateAttribute): void {
    this.#late.set(tenant, [...this.late(tenant), attribute]);
  }

  #of(tenant: number): Map<string, EntityHistory> {
    const entities = this.#entities.get(tenant);
    if (entities === undefined) throw new RangeError(`There is no tenant ${tenant}`);
    return entities;
  }
}
