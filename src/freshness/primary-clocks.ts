import type { ShardId } from '../domain/identifiers.ts';
import type { Clock } from '../lib/clock.ts';
import type { ClockStops } from '../lib/clock-stops.ts';
import { ClockBound } from './clock-bound.ts';
import type { ReplicationState } from './replication-state.ts';

/**
 * How far the primaries' clocks can be ahead of this process's clock, measured from round trips. Nothing measured before this
 * process's clock stood still counts: the primaries' clocks went on, and a replica that has lagged since would look fresh.
 */
export class PrimaryClocks implements Pick<ReplicationState, 'primaryClockAhead'> {
  readonly #clock: Clock;
  readonly #stops: Pick<ClockStops, 'count'>;
  readonly #bounds = new Map<ShardId, ClockBound>();
  #stopsSeen: number;
  /** Changes whenever all bounds are forgotten. */
  #era = 0;

  constructor(clock: Clock, stops: Pick<ClockStops, 'count'>) {
    this.#clock = clock;
    this.#stops = stops;
    this.#stopsSeen = stops.count();
  }

  /** See ReplicationState. Null also from the moment the clock stood still until the next round trip. */
  primaryClockAhead(shard: ShardId): number | null {
    this.#look();
    return this.#bounds.get(shard)?.maxAhead(this.#clock.now()) ?? null;
  }

  /**
   * Measures one round trip: `ask` returns the primary's clock, read while it runs. A round trip during which the clock stood
   * still took longer than it seems, and is ignored.
   */
  async measure(shard: ShardId, ask: () => Promise<number>): Promise<void> {
    this.#look();
    const era = this.#era;
    const sentAt = this.#clock.now();
    const remote = await ask();
    const receivedAt = this.#clock.now();
    this.#look();
    if (era !== this.#era) return;
    let bound = this.#bounds.get(shard);
    if (bound === undefined) {
      bound = new ClockBound();
      this.#bounds.set(shard, bound);
    }
    bound.observe({ sentAt, remote, receivedAt });
  }

  /** Forgets all bounds. Call it if another clock shows that this process's clock may have stood still. */
  distrust(): void {
    this.#bounds.clear();
    this.#era += 1;
  }

  #look(): void {
    const count = this.#stops.count();
    if (count === this.#stopsSeen) return;
    this.#stopsSeen = count;
    this.distrust();
  }
}
