import { type EntityState, type ObservedEntity, stateText } from './entity-state.ts';

/** One state of an entity, and when the write that made it was under way. Moments are milliseconds on the harness's clock. */
export interface Version {
  readonly state: EntityState | null;
  readonly text: string;
  /** As the server counts: 1 when it is created, 0 while it is absent. */
  readonly version: number;
  readonly sentAt: number;
  /** When the harness had the acknowledgement; Infinity while there is none, or if the connection broke first. */
  ackedAt: number;
  /** An answer has shown it, so it happened. */
  seen: boolean;
}

/** What bounds the versions that an answer may show. */
export interface Moment {
  /** Every write that was acknowledged by then must be in it. */
  readonly includes: number;
  /** No write that was sent after this can be in it. */
  readonly before: number;
}

/**
 * The states of one entity in the order in which its only writer made them. A write whose outcome is unknown ends the history until the
 * entity has been looked at: until then both outcomes are allowed.
 */
export class EntityHistory {
  readonly tenant: number;
  readonly id: string;
  readonly shard: string;
  readonly #versions: Version[];
  #unknownSince: number | null = null;
  /** A write of unknown outcome crossed another change that does not wait for it. */
  #isWild = false;

  constructor(tenant: number, id: string, shard: string) {
    this.tenant = tenant;
    this.id = id;
    this.shard = shard;
    this.#versions = [{ state: null, text: stateText(null), version: 0, sentAt: -1, ackedAt: -1, seen: false }];
  }

  get versions(): readonly Version[] {
    return this.#versions;
  }

  get latest(): Version {
    const last = this.#versions.at(-1);
    if (last === undefined) throw new RangeError('A history begins with the absence of its entity');
    return last;
  }

  /** When a write of unknown outcome was sent; null if there is none. */
  get unknownSince(): number | null {
    return this.#unknownSince;
  }

  /** Any state is possible. */
  get isWild(): boolean {
    return this.#isWild;
  }

  /** A write is about to be sent. Settle it with `acknowledged` or `lostSight`. */
  sending(state: EntityState | null, sentAt: number): Version {
    if (this.#unknownSince !== null) throw new RangeError(`Entity ${this.id} has a write of unknown outcome`);
    const version = state === null ? 0 : this.latest.version + 1;
    const text = stateText(state);
    const pending: Version = { state, text, version, sentAt, ackedAt: Number.POSITIVE_INFINITY, seen: false };
    this.#versions.push(pending);
    return pending;
  }

  acknowledged(version: Version, at: number): void {
    version.ackedAt = at;
  }

  /** It may have happened, or happen later. */
  lostSight(version: Version): void {
    this.#unknownSince = version.sentAt;
  }

  /** TRUNCATE is about to be sent: the entity will be gone, whatever it is. Settle it with `acknowledged`. */
  truncating(sentAt: number): Version {
    if (this.#unknownSince !== null) this.#isWild = true;
    const text = stateText(null);
    const ackedAt = Number.POSITIVE_INFINITY;
    const pending: Version = { state: null, text, version: 0, sentAt, ackedAt, seen: false };
    this.#versions.push(pending);
    return pending;
  }

  /**
   * A read of the primary, sent when no write could be under way any more, has settled what is unknown.
   * @returns whether it found one of the allowed outcomes: not that of before, if an answer has shown that of after.
   */
  settled(found: ObservedEntity, at: number): boolean {
    const { latest } = this;
    const before = this.#versions.at(-2);
    const matches = (version: Version | undefined) => version?.text === found.text && version.version === found.version;
    const isKnown = this.#isWild || matches(latest) || (matches(before) && !latest.seen);
    if (matches(latest)) latest.ackedAt = Math.min(latest.ackedAt, at);
    else if (matches(before) && !this.#isWild) this.#versions.pop();
    else {
      const { state, text, version } = found;
      this.#versions.push({ state, text, version, sentAt: latest.sentAt, ackedAt: at, seen: true });
    }
    this.#unknownSince = null;
    this.#isWild = false;
    return isKnown;
  }

  /**
   * The versions that an answer may show: from the last that it must contain to the last that had been sent.
   * @param floor a version that it must contain in any case.
   */
  window({ includes, before }: Moment, floor?: Version): readonly Version[] {
    const versions = this.#versions;
    let first = versions.findLastIndex(({ ackedAt }) => ackedAt <= includes);
    if (floor !== undefined) first = Math.max(first, versions.indexOf(floor));
    const last = versions.findLastIndex(({ sentAt }) => sentAt <= before);
    return versions.slice(Math.max(0, first), Math.max(first, last) + 1);
  }

  /** Its end, for a report. */
  describe(count = 8): readonly object[] {
    return this.#versions.slice(-count).map(({ text, version, sentAt, ackedAt }) => ({
      version,
      sentAt,
      ackedAt: Number.isFinite(ackedAt) ? ackedAt : 'not acknowledged',
      state: text,
    }));
  }
}
