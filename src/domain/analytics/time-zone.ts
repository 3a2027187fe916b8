import { AtlasError } from '../errors.ts';

const DAY_MS = 86_400_000;
const SHOWN_LENGTH = 60;
/** Such as GMT+01:00, GMT-00:53:28, or GMT alone. */
const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

/** The clocks of a time zone. Moments are milliseconds since the epoch; local times are what UTC clocks would show that much after it. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat | null;
  readonly #offsets = new Map<number, number>();

  /** @param name of the IANA database. @throws AtlasError BAD_USER_INPUT */
  constructor(name: string) {
    try {
      const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
      this.#format = format.resolvedOptions().timeZone === 'UTC' ? null : format;
    } catch {
      const shown = JSON.stringify(name.length > SHOWN_LENGTH ? `${name.slice(0, SHOWN_LENGTH)}…` : name);
      throw new AtlasError(
        'BAD_USER_INPUT',
        `Unknown time zone ${shown}; expected an IANA name such as "Europe/Berlin".`,
      );
    }
  }

  /** What its clocks show. */
  localOf(moment: number): number {
    return moment + this.#offsetAt(moment);
  }

  /**
   * The first moment at which its clocks show a local time. If they never do, because they are set forward from before to after it, the moment
   * at which they are.
   */
  momentOf(local: number): number {
    // No zone is a day from UTC, and none changes its clocks twice in two days.
    const [before, after] = [this.#offsetAt(local - DAY_MS), this.#offsetAt(local + DAY_MS)];
    const [early, late] = [local - before, local - after];
    if (before === after || this.#offsetAt(early) === before) return early;
    return this.#offsetAt(late) === after ? late : this.#firstAfter(late, early, after);
  }

  /** The first moment with an offset, which `from` is before and `to` is not. */
  #firstAfter(from: number, to: number, offset: number): number {
    let [low, high] = [from, to];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offsetAt(middle) === offset) high = middle;
      else low = middle;
    }
    return high;
  }

  #offsetAt(moment: number): number {
    if (this.#format === null) return 0;
    const known = this.#offsets.get(moment);
    if (known !== undefined) return known;
    const [, sign, hours, minutes, seconds = '0'] = OFFSET.exec(this.#format.format(moment)) ?? [];
    const size = ((Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60 + Number(seconds)) * 1_000;
    const offset = sign === '-' ? -size : size;
    this.#offsets.set(moment, offset);
    return offset;
  }
}
