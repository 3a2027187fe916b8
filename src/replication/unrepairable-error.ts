/** Trying again cannot repair this: the changes of a shard cannot be carried on until somebody does something. */
export class UnrepairableError extends Error {
  /** A new copy of the shard is all it takes. */
  readonly repairedByCopy: boolean;
  /** It holds until the shard is copied again, even if the source sees nothing wrong when it is asked again. */
  readonly lasts: boolean;

  /** @param message with what to do about it. */
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
