const requests = new WeakMap<object, string>();

/** Remembers the id of the request in which an error occurred, for its line in the log: Apollo formats errors without their context. */
export function noteRequest(error: object, requestId: string): void {
  requests.set(error, requestId);
}

/** Undefined if it is not known. */
export function requestOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? requests.get(error) : undefined;
}
