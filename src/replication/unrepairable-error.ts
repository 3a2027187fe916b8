/** An error that retries cannot repair: the stream of a shard stops until an operator acts. */
export class UnrepairableError extends Error {
  /** Whether a new copy of the shard is enough to repair it. */
  readonly repairedByCopy: boolean;
  /** Whether it holds until the shard is copied again, even if the source later sees nothing wrong. */
  readonly lasts: boolean;

  /** @param message includes what to do about it. */
  constructor(message: string, options: { readonly repairedByCopy: boolean; readonly lasts: boolean }) {
    super(message);
    this.name = 'UnrepairableError';
    this.repairedByCopy = options.repairedByCopy;
    this.lasts = options.lasts;
  }
}

/** Changes are missing, so that only a new copy helps. */
export function mustBeCopied(reason: string, { lasts }: { readonly lasts: boolean }): UnrepairableError {
  const message = `${reason}; run "atlas replicate --resnapshot" to copy the shard again.`;
  return new UnrepairableError(message, { repairedByCopy: true, lasts });
}
