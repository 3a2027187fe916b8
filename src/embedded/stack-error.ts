/** Why the embedded stack cannot run, in one sentence, and what the person at the terminal can do about it. */
export class StackError extends Error {
  readonly wayOut: string;

  constructor(message: string, wayOut: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StackError';
    this.wayOut = wayOut;
  }
}
