/** The embedded stack cannot run. The message has two lines: what is wrong, and what the user can do about it. */
export class StackError extends Error {
  constructor(fault: string, wayOut: string, cause?: unknown) {
    super(`${fault}\n${wayOut}`, cause === undefined ? undefined : { cause });
    this.name = 'StackError';
  }
}
