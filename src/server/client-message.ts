type Members = Readonly<Record<string, unknown>>;

/** Messages without these words, which may be written with escapes, are as they must be, or the library refuses them. */
const WORDS = /"(?:documentId|persistedQuery|connection_ack|next|error)"|\\u/;
const OF_SERVERS: ReadonlySet<unknown> = new Set(['connection_ack', 'next', 'error']);

/**
 * A message of graphql-transport-ws in the form that the library takes from a client: with a query also where the request names a trusted document, as
 * over HTTP. A text that is no message stays as it is.
 * @returns null if it is a message that only servers send, at which the library fails
 */
export function clientMessage(text: string): string | null {
  const message = WORDS.test(text) ? parsed(text) : null;
  if (!isObject(message)) return text;
  const { type, payload } = message;
  if (OF_SERVERS.has(type)) return null;
  if (!isObject(payload) || payload.query != null || !namesDocument(payload)) return text;
  return JSON.stringify({ ...message, payload: { ...payload, query: '' } });
}

function namesDocument({ documentId, extensions }: Members): boolean {
  return documentId != null || (isObject(extensions) && extensions.persistedQuery != null);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
